import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Broker } from './servers.ts';
import { findEpmd, findNativeBinaries } from './binaries.ts';
import { launch } from './launch.ts';
import type { Launched } from './launch.ts';
import { freePorts, loopback } from './ports.ts';
import { onAnotherPortIfTaken, waitForRabbitmq } from './readiness.ts';
import { createManagement } from './vhosts.ts';

const run = promisify(execFile);

const pickPorts = async () => {
  const [amqp, management, distribution, epmd] = (await freePorts(4)) as [number, number, number, number];
  return { amqp, management, distribution, epmd };
};

type Ports = Awaited<ReturnType<typeof pickPorts>>;

/** What the consumers handle at most (libs/messaging/src/consumer/memory-budget.ts), as in compose and Kubernetes. */
export const largestMessage = 131_072;

/** Statistics are off: they cost CPU all the time. Queues are read over AMQP. */
const configuration = (ports: Ports, password: string): string => `
listeners.tcp.default = ${loopback}:${ports.amqp}
management.tcp.ip = ${loopback}
management.tcp.port = ${ports.management}
management.disable_stats = true
management_agent.disable_metrics_collector = true
default_user = administrator
default_pass = ${password}
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
log.file.level = info
max_message_size = ${largestMessage}
`;

/** The data of a node, of all its files in `directory`. */
export const dataOf = (directory: string): string => join(directory, 'data');

/** Everything in its own folder: neither the machine's configuration nor its other nodes are touched. */
export const nodeEnvironment = (directory: string, erlangArgs = ''): NodeJS.ProcessEnv => ({
  LANG: 'C.UTF-8',
  HOME: directory,
  RABBITMQ_MNESIA_BASE: dataOf(directory),
  RABBITMQ_PLUGINS_EXPAND_DIR: join(directory, 'plugins'),
  RABBITMQ_LOG_BASE: join(directory, 'log'),
  RABBITMQ_PID_FILE: join(directory, 'pid'),
  RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq'),
  RABBITMQ_ADVANCED_CONFIG_FILE: join(directory, 'advanced.config'),
  RABBITMQ_CONF_ENV_FILE: join(directory, 'rabbitmq-env.conf'),
  RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none ${erlangArgs}`,
});

const environment = (directory: string, ports: Ports): NodeJS.ProcessEnv => ({
  ...nodeEnvironment(directory, '-kernel inet_dist_use_interface {127,0,0,1}'),
  ERL_EPMD_ADDRESS: loopback,
  ERL_EPMD_PORT: String(ports.epmd),
  RABBITMQ_NODENAME: 'rabbit@localhost',
  RABBITMQ_DIST_PORT: String(ports.distribution),
});

/** The files that `nodeEnvironment` names. */
export const writeNodeFiles = async (directory: string, settings: string, advanced = '[].\n'): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'rabbitmq.conf'), settings, { mode: 0o600 });
  await writeFile(join(directory, 'advanced.config'), advanced);
  await writeFile(join(directory, 'rabbitmq-env.conf'), '');
  await writeFile(join(directory, 'enabled_plugins'), '[rabbitmq_management].\n');
};

export type NodeCommand = {
  /** `rabbitmq-server`. */
  readonly script: string;
  readonly directory: string;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly epmdArgs: readonly string[];
  /** What goes before each command, e.g. `ip netns exec …`. */
  readonly prefix?: readonly string[];
};

/** A node with an epmd of its own: otherwise the node starts one as a daemon that nothing ends. */
export const launchRabbitmq = async (command: NodeCommand) => {
  const { script, directory, logFile, env, epmdArgs, prefix = [] } = command;
  const children: Launched[] = [];
  const start = async (...line: readonly string[]): Promise<Launched> => {
    const [file = '', ...args] = [...prefix, ...line];
    const child = await launch({ file, args, env, cwd: directory, logFile });
    children.push(child);
    return child;
  };
  const epmd = findEpmd();
  if (epmd) await start(epmd, ...epmdArgs);
  const node = await start(script);
  return {
    hasExited: node.hasExited,
    log: node.log,
    /** Reaches the node itself, not only the script around it. */
    signal: (name: NodeJS.Signals) => children.forEach((child) => child.signalGroup(name)),
    end: async (signal: NodeJS.Signals, within: number): Promise<void> => {
      for (const child of children.splice(0).reverse()) await child.end(signal, within);
    },
  };
};

export type NodeProcesses = Awaited<ReturnType<typeof launchRabbitmq>>;

type Given = {
  /** Lines of configuration. */
  readonly more?: string;
  /** Data that is there already has its own. */
  readonly password?: string | undefined;
  /** Default: the one of this machine. */
  readonly program?: Pick<NodeCommand, 'script' | 'prefix'>;
};

/** A private broker in `directory`, on free ports of loopback, with an epmd of its own, apart from the machine's other nodes. */
export const startNativeRabbitmq = async (
  directory: string,
  { more = '', password = randomBytes(18).toString('base64url'), program }: Given = {},
): Promise<Broker> => {
  const { script, prefix = [] } = program ?? { script: (await findNativeBinaries()).rabbitmq };
  const logFile = join(directory, 'rabbitmq.out');
  const amqpUrl = (ports: Ports) => `amqp://administrator:${password}@${loopback}:${ports.amqp}`;
  const managementUrl = (ports: Ports) => `http://administrator:${password}@${loopback}:${ports.management}`;
  let processes: NodeProcesses | undefined;

  const end = async (signal: NodeJS.Signals, within: number): Promise<void> => processes?.end(signal, within);
  const start = async (ports: Ports): Promise<void> => {
    const epmdArgs = ['-address', loopback, '-port', String(ports.epmd)];
    const env = environment(directory, ports);
    processes = await launchRabbitmq({ script, directory, logFile, env, epmdArgs, prefix });
    const management = createManagement(managementUrl(ports));
    await waitForRabbitmq(amqpUrl(ports), () => management.get('overview'), processes);
  };

  const ports = await onAnotherPortIfTaken(async () => {
    await end('SIGKILL', 0);
    const chosen = await pickPorts();
    await writeNodeFiles(directory, configuration(chosen, password) + more);
    await start(chosen);
    return chosen;
  });
  const tool = (name: string) => ({
    command: [...prefix, join(dirname(script), name)],
    env: { PATH: process.env['PATH'], ...environment(directory, ports) },
  });
  return {
    amqpUrl: amqpUrl(ports),
    managementUrl: managementUrl(ports),
    tool,
    control: async (args) => {
      const { command, env } = tool('rabbitmqctl');
      const [file = '', ...rest] = command;
      return (await run(file, [...rest, '--quiet', ...args], { env, cwd: directory })).stdout;
    },
    stop: () => end('SIGTERM', 20_000),
    kill: () => end('SIGKILL', 0),
    start: () =>
      onAnotherPortIfTaken(async () => {
        await end('SIGKILL', 0);
        await start(ports);
      }),
  };
};
