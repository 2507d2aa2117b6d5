import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Controllable } from '@mentor-sessions/local-stack/backing';
import { createManagement } from '@mentor-sessions/local-stack/vhosts';
import type { Management } from '@mentor-sessions/local-stack/vhosts';
import { launchRabbitmq } from '@mentor-sessions/local-stack/native-rabbitmq';
import type { NodeProcesses } from '@mentor-sessions/local-stack/native-rabbitmq';
import { waitForRabbitmq } from '@mentor-sessions/local-stack/readiness';
import { run } from './network-tools.ts';
import { clusterEnvironment, clusterPorts } from './rabbitmq-cluster-files.ts';

export type NodeSetup = {
  readonly name: string;
  readonly address: string;
  readonly password: string;
  readonly script: string;
  readonly directory: string;
  /** What makes a command run on its host. */
  readonly prefix: readonly string[];
};

/** One node as a process, without what takes the whole cluster to know. */
export type SingleNode = Controllable & {
  readonly name: string;
  readonly amqpUrl: string;
  readonly managementUrl: string;
  readonly management: Management;
  /** Runs rabbitmqctl on it and gives what it printed. */
  control(args: readonly string[]): Promise<string>;
  /** Stops the broker in the running process and starts it again. */
  restartApp(): Promise<void>;
  /** Freezes the process as a virtual machine that gets no time; nothing is closed. */
  pause(): void;
  unpause(): void;
};

export const singleNode = ({ name, address, password, script, directory, prefix }: NodeSetup): SingleNode => {
  const env = clusterEnvironment(directory, name);
  const amqpUrl = `amqp://administrator:${password}@${address}:${clusterPorts.amqp}`;
  const managementUrl = `http://administrator:${password}@${address}:${clusterPorts.management}`;
  const management = createManagement(managementUrl, 2_000);
  const logFile = join(directory, 'rabbitmq.out');
  const log = () => readFileSync(logFile, 'utf8').split('\n').slice(-12).join(' ');
  let processes: NodeProcesses | undefined;

  const ready = (gaveUp: () => boolean): Promise<void> =>
    waitForRabbitmq(amqpUrl, () => management.get('overview'), { gaveUp, log });
  const control = async (given: readonly string[]): Promise<string> => {
    const [file = '', ...args] = [...prefix, join(dirname(script), 'rabbitmqctl'), '--quiet', '-n', name, ...given];
    return (await run(file, args, { env, cwd: directory, timeout: 60_000 })).stdout;
  };
  return {
    name,
    amqpUrl,
    managementUrl,
    management,
    control,
    stop: async () => processes?.end('SIGTERM', 20_000),
    kill: async () => processes?.end('SIGKILL', 0),
    start: async () => {
      await processes?.end('SIGKILL', 0);
      processes = await launchRabbitmq({ script, directory, logFile, env, epmdArgs: [], prefix });
      await ready(processes.hasExited);
    },
    restartApp: async () => {
      await control(['stop_app']);
      await control(['start_app']);
    },
    pause: () => processes?.signal('SIGSTOP'),
    unpause: () => processes?.signal('SIGCONT'),
  };
};
