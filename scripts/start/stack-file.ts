import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { localFiles } from './local-files.ts';
import type { RunningRole } from './roles.ts';
import type { Service, Stack } from './stack.ts';

export type StackFile = Readonly<
  Record<
    Service,
    {
      readonly url: string;
      readonly adminUrls: Readonly<Record<string, string>>;
      readonly databaseUrl: string;
      readonly adminDatabaseUrl: string;
      readonly amqpUrl: string;
      readonly pids: Readonly<Record<string, number>>;
    }
  >
> & { readonly amqpUrl: string; readonly auth: { readonly issuer: string; readonly audience: string } };

const file = localFiles.stack;

const describeService = ({ databases, amqpUrls, roles }: Stack, service: Service) => {
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

export const describeStack = (stack: Stack): StackFile => ({
  bookings: describeService(stack, 'bookings'),
  sessions: describeService(stack, 'sessions'),
  amqpUrl: stack.amqpUrl,
  auth: { issuer: stack.signing.issuer, audience: stack.signing.audience },
});

/** Keeps `.local/stack.json`; a reader sees the old or the new one whole. */
export const writeStackFile = (stack: () => Stack) => {
  let written = '';
  const rewrite = async (): Promise<void> => {
    written = `${JSON.stringify(describeStack(stack()), null, 2)}\n`;
    const next = `${file}.${process.pid}`;
    await writeFile(next, written, { mode: 0o600 });
    await rename(next, file);
  };
  const remove = async (): Promise<void> => {
    // Another `npm start` of this checkout may have written its own since.
    if (existsSync(file) && (await readFile(file, 'utf8')) === written) await rm(file);
  };
  return { rewrite, remove };
};

/** What `npm start` wrote; undefined while none runs. */
export const readStackFile = async (): Promise<StackFile | undefined> =>
  existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as StackFile) : undefined;
