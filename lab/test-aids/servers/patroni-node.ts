import { readFileSync } from 'node:fs';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findNativeBinaries, postgresUser } from '@mentor-sessions/local-stack/binaries';
import { launch, repository } from '@mentor-sessions/local-stack/launch';
import type { Launched } from '@mentor-sessions/local-stack/launch';
import { guardOrphan } from '@mentor-sessions/local-stack/orphans';
import { run } from './network.ts';
import type { Host, Network } from './network.ts';

/** Passwords by their placeholders in deploy/postgresql/patroni.yml. */
export type Passwords = ReadonlyMap<string, string>;

export type PatroniNode = {
  readonly name: string;
  readonly host: Host;
  /** SIGKILL to the postmaster only. */
  killPostgres(): Promise<void>;
  killPatroni(): Promise<void>;
  killEtcd(): Promise<void>;
  /** SIGKILL to everything on the machine at once. */
  kill(): Promise<void>;
  /** Shuts the machine down: Patroni, which stops PostgreSQL, then etcd. */
  stop(): Promise<void>;
  startEtcd(): Promise<void>;
  startPatroni(): Promise<void>;
  /** GET of Patroni's REST API; undefined if it does not answer. */
  ask(path: string): Promise<Response | undefined>;
  /** Runs patronictl here and returns its output. */
  control(...args: readonly string[]): Promise<string>;
};

/** The documented configuration with this machine's addresses, paths and passwords. */
const documented = (nodes: readonly string[], name: string, files: Files): string => {
  const text = readFileSync(`${repository}deploy/postgresql/patroni.yml`, 'utf8');
  const own = text
    .replace('name: db-1', `name: ${name}`)
    .replaceAll('connect_address: db-1', `connect_address: ${name}`)
    .replace(/bin_dir: .*/, `bin_dir: ${files.bin}`)
    .replace(/data_dir: .*/, `data_dir: ${files.data}`)
    // the machines are namespaces and share one file system
    .replace('      parameters:\n', `      parameters:\n        unix_socket_directories: ''\n`);
  const addressed = own.replaceAll(/db-(\d)(?=:)/g, (_, n: string) => nodes[Number(n) - 1]!);
  return [...files.passwords].reduce(
    (all, [placeholder, password]) => all.replaceAll(placeholder, password),
    addressed,
  );
};

type Files = { readonly bin: string; readonly data: string; readonly passwords: Passwords };

const etcdArguments = (hosts: readonly Host[], nth: number, directory: string): string[] => {
  const url = (port: number, { address } = hosts[nth]!): string => `http://${address}:${port}`;
  const members = hosts.map((host, index) => `db-${index + 1}=${url(2380, host)}`);
  const options = {
    name: `db-${nth + 1}`,
    'data-dir': join(directory, 'etcd'),
    'listen-peer-urls': url(2380),
    'initial-advertise-peer-urls': url(2380),
    'listen-client-urls': url(2379),
    'advertise-client-urls': url(2379),
    'initial-cluster': members.join(','),
    'pre-vote': 'true',
    'enable-v2': 'true',
    'log-level': 'warn',
  };
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
};

type NodeSetup = {
  readonly network: Network;
  readonly nth: number;
  readonly directory: string;
  readonly passwords: Passwords;
  readonly commands: Readonly<Record<'etcd' | 'patroni' | 'patronictl', string>>;
};

/** Kills everything on the machine, and what it starts meanwhile: Patroni starts PostgreSQL in a separate session. */
const killAll = ({ namespace }: Host): readonly [string, ...string[]] => [
  'sh',
  '-c',
  `while pids=$(ip netns pids ${namespace}) && [ "$pids" ]; do kill -9 $pids 2>/dev/null; sleep 0.05; done`,
];

/** One machine of three, a network namespace, with nothing started. */
export const patroniNode = async ({ network, nth, directory, passwords, commands }: NodeSetup) => {
  const host = network.hosts[nth]!;
  const name = `db-${nth + 1}`;
  const user = await postgresUser();
  await mkdir(directory, { mode: 0o755 });
  if (user) await chown(directory, user.uid, user.gid);
  const files = { bin: (await findNativeBinaries()).postgres, data: join(directory, 'data'), passwords };
  const configuration = join(directory, 'patroni.yml');
  const addresses = network.hosts.map(({ address }) => address);
  await writeFile(configuration, documented(addresses, name, files));
  const as = user ? ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', HOME: directory };
  const forget = guardOrphan({ command: killAll(host) });
  const running = new Map<'etcd' | 'patroni', Launched>();

  const start = async (what: 'etcd' | 'patroni', ...more: readonly string[]): Promise<void> => {
    const [file = '', ...args] = [...network.on(host), ...as, commands[what], ...more];
    const logFile = join(directory, `${what}.log`);
    running.set(what, await launch({ file, args, env, cwd: directory, logFile }));
  };
  const end = async (what: 'etcd' | 'patroni', signal: NodeJS.Signals): Promise<void> =>
    running.get(what)?.end(signal, 30_000);
  const node: PatroniNode = {
    name,
    host,
    killPostgres: async () => {
      const [pid] = (await readFile(join(files.data, 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGKILL');
    },
    killPatroni: () => end('patroni', 'SIGKILL'),
    killEtcd: () => end('etcd', 'SIGKILL'),
    kill: async () => {
      const [file, ...args] = killAll(host);
      await run(file, args);
    },
    stop: async () => {
      await end('patroni', 'SIGTERM');
      await end('etcd', 'SIGTERM');
    },
    startEtcd: () => start('etcd', ...etcdArguments(network.hosts, nth, directory)),
    startPatroni: () => start('patroni', configuration),
    ask: (path) =>
      fetch(`http://${host.address}:8008${path}`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined),
    control: async (...given) => {
      const [file = '', ...args] = [...network.on(host), ...as, commands.patronictl, '-c', configuration, ...given];
      return (await run(file, args, { env, cwd: directory, timeout: 60_000 })).stdout;
    },
  };
  return { ...node, forget };
};
