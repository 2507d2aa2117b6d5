import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launch, repository } from '@mentor-sessions/local-stack/launch';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';
import { debianCommand } from '../debian-command.ts';

/** The documented configuration with these addresses. */
const documented = (addresses: readonly string[], port: number): string =>
  readFileSync(`${repository}deploy/postgresql/haproxy.cfg`, 'utf8')
    .replaceAll(/db-(\d)(?=:)/g, (_, n: string) => addresses[Number(n) - 1]!)
    .replace('bind :5432', `bind ${loopback}:${port}`);

/** HAProxy in front of the machines of a Patroni cluster. */
export const startPrimaryProxy = async (directory: string, addresses: readonly string[]) => {
  const file = await debianCommand('haproxy', 'haproxy');
  const port = await freePort();
  const configuration = join(directory, 'haproxy.cfg');
  await writeFile(configuration, documented(addresses, port));
  const logFile = join(directory, 'haproxy.log');
  const child = await launch({ file, args: ['-W', '-db', '-f', configuration], cwd: directory, logFile });
  /** `reload`: as `systemctl reload haproxy`, a new process takes over. */
  return { port, reload: () => child.signal('SIGUSR2'), close: () => child.end('SIGTERM', 7_000) };
};

export type PrimaryProxy = Awaited<ReturnType<typeof startPrimaryProxy>>;
