import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Broker } from './backing.ts';
import { spawnDetached } from './detached-process.ts';
import type { DetachedProcess } from './detached-process.ts';
import { createManagement } from './management.ts';
import { findEpmd } from './native-binaries.ts';
import { freePorts, loopback } from './ports.ts';
import { waitForRabbitmq } from './readiness.ts';
import { onAnotherPortIfTaken } from './taken-port.ts';

type Ports = {
  readonly amqp: number;
  readonly management: number;
  readonly distribution: number;
  readonly epmd: number;
};

/** Statistics are off: they cost CPU all the time; queues are asked over AMQP. */
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
`;

const environment = (directory: string, ports: Ports): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  LANG: 'C.UTF-8',
  HOME: directory,
  ERL_EPMD_ADDRESS: loopback,
  ERL_EPMD_PORT: String(ports.epmd),
  RABBITMQ_NODENAME: 'rabbit@localhost',
  RABBITMQ_DIST_PORT: String(ports.distribution),
  RABBITMQ_MNESIA_BASE: join(directory, 'data'),
  RABBITMQ_PLUGINS_EXPAND_DIR: join(directory, 'plugins'),
  RABBITMQ_LOG_BASE: join(directory, 'log'),
  RABBITMQ_PID_FILE: join(directory, 'pid'),
  RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq'),
  RABBITMQ_ADVANCED_CONFIG_FILE: join(directory, 'advanced.config'),
  RABBITMQ_CONF_ENV_FILE: join(directory, 'rabbitmq-env.conf'),
  RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
    '+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}',
});

const writeFiles = async (directory: string, ports: Ports, password: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'rabbitmq.conf'), configuration(ports, password), { mode: 0o600 });
  await writeFile(join(directory, 'advanced.config'), '[].\n');
  await writeFile(join(directory, 'rabbitmq-env.conf'), '');
  await writeFile(join(directory, 'enabled_plugins'), '[rabbitmq_management].\n');
};

const pickPorts = async (): Promise<Ports> => {
  const [amqp, management, distribution, epmd] = (await freePorts(4)) as [number, number, number, number];
  return { amqp, management, distribution, epmd };
};

/** A private broker in `directory`, on free ports of loopback, with an epmd of its own: other people's nodes stay apart. */
export const startNativeRabbitmq = async (script: string, directory: string): Promise<Broker> => {
  const password = randomBytes(18).toString('base64url');
  const logFile = join(directory, 'rabbitmq.out');
  const log = () => readFileSync(logFile, 'utf8').split('\n').slice(-12).join(' ');
  const amqpUrl = (ports: Ports) => `amqp://administrator:${password}@${loopback}:${ports.amqp}`;
  const managementUrl = (ports: Ports) => `http://administrator:${password}@${loopback}:${ports.management}`;
  const children: DetachedProcess[] = [];

  const end = async (signal: NodeJS.Signals, within: number): Promise<void> => {
    for (const child of children.splice(0).reverse()) await child.end(signal, within);
  };
  const spawnIn = async (file: string, args: string[], ports: Ports): Promise<DetachedProcess> => {
    const child = await spawnDetached({ file, args, env: environment(directory, ports), cwd: directory, logFile });
    children.push(child);
    return child;
  };
  const launch = async (ports: Ports): Promise<void> => {
    const epmd = findEpmd();
    // The node would start one as a daemon that nobody ends.
    if (epmd) await spawnIn(epmd, ['-address', loopback, '-port', String(ports.epmd)], ports);
    const child = await spawnIn(script, [], ports);
    const management = createManagement(managementUrl(ports));
    await waitForRabbitmq(amqpUrl(ports), () => management.get('overview'), { gaveUp: child.hasExited, log });
  };

  const ports = await onAnotherPortIfTaken(async () => {
    await end('SIGKILL', 0);
    const chosen = await pickPorts();
    await writeFiles(directory, chosen, password);
    await launch(chosen);
    return chosen;
  });
  return {
    amqpUrl: amqpUrl(ports),
    managementUrl: managementUrl(ports),
    stop: () => end('SIGTERM', 20_000),
    kill: () => end('SIGKILL', 0),
    start: () =>
      onAnotherPortIfTaken(async () => {
        await end('SIGKILL', 0);
        await launch(ports);
      }),
  };
};
