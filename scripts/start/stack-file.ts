import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isAlive } from '../bootstrap/alive.mjs';
import { localFiles } from './local-files.ts';
import type { RunningRole, RunningStack, Service } from './running-stack.ts';

export type StackFile = Readonly<
  Record<
    Service,
    {
      readonly url: string;
      readonly adminUrls: Readonly<Record<string, string>>;
      readonly databaseUrl: string;
      readonly adminDatabaseUrl: string;
      readonly operatorDatabaseUrl: string;
      readonly reportsDatabaseUrl: string;
      readonly retentionDatabaseUrl: string;
      readonly amqpUrl: string;
      readonly pids: Readonly<Record<string, number>>;
    }
  >
> & {
  readonly amqpUrl: string;
  readonly operatorAmqpUrl: string;
  readonly operatorManagementUrl: string | undefined;
  readonly auth: { readonly issuer: string; readonly audience: string };
};

type Described = Omit<RunningStack, 'reviews' | 'consoleUrl'>;

const describeService = ({ databases, amqpUrls, roles }: Described, service: Service) => {
  const own = roles.filter((each) => each.service === service);
  const perRole = <T>(of: (role: RunningRole) => T) => Object.fromEntries(own.map((each) => [each.role, of(each)]));
  return {
    url: own.find(({ role }) => role === 'api')?.current().url ?? '',
    adminUrls: perRole((each) => each.current().adminUrl),
    ...databases[service],
    amqpUrl: amqpUrls[service],
    pids: perRole((each) => each.current().pid),
  };
};

export const describeStack = (stack: Described): StackFile => ({
  bookings: describeService(stack, 'bookings'),
  sessions: describeService(stack, 'sessions'),
  amqpUrl: stack.amqpUrl,
  operatorAmqpUrl: stack.operatorAmqpUrl,
  operatorManagementUrl: stack.operatorManagementUrl,
  auth: { issuer: stack.signing.issuer, audience: stack.signing.audience },
});

/** What `npm start` wrote; undefined while none runs. */
export const readStackFile = async (): Promise<StackFile | undefined> =>
  existsSync(localFiles.stack) ? (JSON.parse(await readFile(localFiles.stack, 'utf8')) as StackFile) : undefined;

const isTaken = async (): Promise<boolean> => {
  const other = await readStackFile().catch(() => undefined);
  if (!other) return false;
  return [other.bookings, other.sessions].flatMap(({ pids }) => Object.values(pids)).some(isAlive);
};

export type KeptStackFile = { readonly path: string; rewrite(): Promise<void>; remove(): Promise<void> };

/** Keeps `.local/stack.json`, or one with our pid in its name beside that of a stack which runs already. */
export const keepStackFile = async (stack: () => Described): Promise<KeptStackFile> => {
  const path = (await isTaken()) ? localFiles.stack.replace(/\.json$/, `-${process.pid}.json`) : localFiles.stack;
  const next = `${path}.${process.pid}`;
  // Renamed into place: a reader sees the old or the new one whole.
  const write = async (): Promise<void> => {
    await writeFile(next, `${JSON.stringify(describeStack(stack()), null, 2)}\n`, { mode: 0o600 });
    await rename(next, path);
  };
  let written = Promise.resolve();
  return {
    path,
    // one after the other: two roles may come again at the same moment
    rewrite: () => (written = written.catch(() => undefined).then(write)),
    remove: () => rm(path, { force: true }),
  };
};
