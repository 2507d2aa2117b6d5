import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { RoleProcess, Supervised } from '@mentor-sessions/local-stack/roles';
import type { RoleName, Service, Stack } from '@mentor-sessions/local-stack/system';
import { isAlive } from '../bootstrap/alive.mjs';
import { localFiles } from './local-files.ts';

type Described = { readonly stack: Stack; readonly roles: ReadonlyMap<RoleName, Supervised> };

const describeService = ({ stack, roles }: Described, service: Service) => {
  const own = [...roles].filter(([name]) => name.startsWith(service));
  const perRole = <T>(of: (process: RoleProcess) => T): Readonly<Record<string, T>> =>
    Object.fromEntries(own.map(([name, role]) => [name.split(' ')[1] as string, of(role.current())] as const));
  return {
    url: perRole(({ url }) => url)['api'] ?? '',
    adminUrls: perRole(({ adminUrl }) => adminUrl),
    ...stack[service],
    pids: perRole(({ pid }) => pid),
  };
};

export const describeStack = (described: Described) => {
  const { amqpUrl, operatorAmqpUrl, operatorManagementUrl, auth } = described.stack;
  return {
    bookings: describeService(described, 'bookings'),
    sessions: describeService(described, 'sessions'),
    amqpUrl,
    operatorAmqpUrl,
    operatorManagementUrl,
    auth: { issuer: auth.issuer, audience: auth.audience },
  };
};
export type StackFile = ReturnType<typeof describeStack>;

/** What `npm start` wrote; undefined while none runs. */
export const readStackFile = async (): Promise<StackFile | undefined> =>
  existsSync(localFiles.stack) ? (JSON.parse(await readFile(localFiles.stack, 'utf8')) as StackFile) : undefined;

const isTaken = async (): Promise<boolean> => {
  const other = await readStackFile().catch(() => undefined);
  if (!other) return false;
  return [other.bookings, other.sessions].flatMap(({ pids }) => Object.values(pids)).some(isAlive);
};

/** Keeps `.local/stack.json`, or one with our pid in its name if another stack is running. */
export const keepStackFile = async (described: () => Described) => {
  const path = (await isTaken()) ? localFiles.stack.replace(/\.json$/, `-${process.pid}.json`) : localFiles.stack;
  const next = `${path}.${process.pid}`;
  // Renamed into place, so that a reader never sees half a file.
  const write = async (): Promise<void> => {
    await writeFile(next, `${JSON.stringify(describeStack(described()), null, 2)}\n`, { mode: 0o600 });
    await rename(next, path);
  };
  let written = Promise.resolve();
  return {
    path,
    // one after the other: two roles may restart at the same moment
    rewrite: (): Promise<void> => (written = written.catch(() => undefined).then(write)),
    remove: () => rm(path, { force: true }),
  };
};
