import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loopback } from './ports.ts';

export type Ports = {
  readonly amqp: number;
  readonly management: number;
  readonly distribution: number;
  readonly epmd: number;
};

/** What the consumers handle at most (libs/messaging/src/consumer/memory-budget.ts), as in compose and Kubernetes. */
export const largestMessage = 131_072;

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
max_message_size = ${largestMessage}
`;

/** Everything in its own folder: neither the machine's configuration nor its other nodes are touched. */
export const environment = (directory: string, ports: Ports): NodeJS.ProcessEnv => ({
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

export type BrokerSettings = { readonly password: string; readonly more?: string };

export const writeFiles = async (
  directory: string,
  ports: Ports,
  { password, more = '' }: BrokerSettings,
): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'rabbitmq.conf'), configuration(ports, password) + more, { mode: 0o600 });
  await writeFile(join(directory, 'advanced.config'), '[].\n');
  await writeFile(join(directory, 'rabbitmq-env.conf'), '');
  await writeFile(join(directory, 'enabled_plugins'), '[rabbitmq_management].\n');
};
