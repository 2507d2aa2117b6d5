import { chmod, writeFile } from 'node:fs/promises';
import { join, dirname } from 'node:path';
import {
  largestMessage,
  launchRabbitmq,
  nodeEnvironment,
  writeNodeFiles,
} from '@mentor-sessions/local-stack/native-rabbitmq';
import { run, type Host } from './network.ts';
import { createManagement } from '@mentor-sessions/local-stack/vhosts';
import type { NodeProcesses } from '@mentor-sessions/local-stack/native-rabbitmq';
import { waitForRabbitmq } from '@mentor-sessions/local-stack/readiness';

/** Each node has its own network namespace, so all use the default ports. */
const clusterPorts = { amqp: 5672, management: 15_672 };

type ClusterSecrets = { readonly cookie: string; readonly password: string };

export const nodeName = (hosts: readonly Host[], host: Host): string => `rb${hosts.indexOf(host) + 1}@${host.address}`;

/** The nodes find each other from this list at their first start, which is faster than joining by command. */
const configuration = (names: readonly string[], password: string): string => `
listeners.tcp.default = ${clusterPorts.amqp}
management.tcp.port = ${clusterPorts.management}
management_agent.disable_metrics_collector = true
default_user = administrator
default_pass = ${password}
heartbeat = 10
cluster_partition_handling = pause_minority
cluster_formation.peer_discovery_backend = classic_config
${names.map((name, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${name}`).join('\n')}
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
log.file.level = info
max_message_size = ${largestMessage}
`;

/** A silent node counts as down after 5 seconds instead of 60. */
const advanced = '[{kernel, [{net_ticktime, 5}]}].\n';

const clusterEnvironment = (directory: string, name: string): NodeJS.ProcessEnv => ({
  ...nodeEnvironment(directory),
  PATH: process.env['PATH'],
  RABBITMQ_USE_LONGNAME: 'true',
  RABBITMQ_NODENAME: name,
});

export const writeClusterFiles = async (
  directory: string,
  names: readonly string[],
  { cookie, password }: ClusterSecrets,
): Promise<void> => {
  await writeNodeFiles(directory, configuration(names, password), advanced);
  await writeFile(join(directory, '.erlang.cookie'), cookie);
  await chmod(join(directory, '.erlang.cookie'), 0o400);
};

type NodeSetup = {
  readonly name: string;
  readonly address: string;
  readonly password: string;
  readonly script: string;
  readonly directory: string;
  /** The prefix that runs a command on its host. */
  readonly prefix: readonly string[];
};

/** One node as a process, without knowledge of the cluster. */
export const singleNode = ({ name, address, password, script, directory, prefix }: NodeSetup) => {
  const env = clusterEnvironment(directory, name);
  const amqpUrl = `amqp://administrator:${password}@${address}:${clusterPorts.amqp}`;
  const managementUrl = `http://administrator:${password}@${address}:${clusterPorts.management}`;
  const management = createManagement(managementUrl, 2_000);
  const logFile = join(directory, 'rabbitmq.out');
  let processes: NodeProcesses | undefined;

  const control = async (given: readonly string[]): Promise<string> => {
    const [file = '', ...args] = [...prefix, join(dirname(script), 'rabbitmqctl'), '--quiet', '-n', name, ...given];
    return (await run(file, args, { env, cwd: directory, timeout: 60_000 })).stdout;
  };
  return {
    name,
    amqpUrl,
    managementUrl,
    management,
    /** Runs rabbitmqctl on it and returns its output. */
    control,
    stop: async (): Promise<void> => processes?.end('SIGTERM', 20_000),
    kill: async (): Promise<void> => processes?.end('SIGKILL', 0),
    start: async (): Promise<void> => {
      await processes?.end('SIGKILL', 0);
      processes = await launchRabbitmq({ script, directory, logFile, env, epmdArgs: [], prefix });
      await waitForRabbitmq(amqpUrl, () => management.get('overview'), processes);
    },
    /** Stops the broker in the running process and starts it again. */
    restartApp: async (): Promise<void> => {
      await control(['stop_app']);
      await control(['start_app']);
    },
    /** Freezes the process, like a virtual machine without CPU time; nothing is closed. */
    pause: (): void => processes?.signal('SIGSTOP'),
    unpause: (): void => processes?.signal('SIGCONT'),
  };
};

export type SingleNode = ReturnType<typeof singleNode>;
