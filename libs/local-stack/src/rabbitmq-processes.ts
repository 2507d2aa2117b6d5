import { spawnDetached } from './detached-process.ts';
import type { DetachedProcess } from './detached-process.ts';
import { findEpmd } from './native-binaries.ts';

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

export type NodeProcesses = {
  readonly hasExited: () => boolean;
  /** Reaches the node itself, not only the script around it. */
  signal(name: NodeJS.Signals): void;
  end(signal: NodeJS.Signals, within: number): Promise<void>;
};

/** A node with an epmd of its own: the node would start one as a daemon that nobody ends. */
export const spawnRabbitmq = async (command: NodeCommand): Promise<NodeProcesses> => {
  const { script, directory, logFile, env, epmdArgs, prefix = [] } = command;
  const children: DetachedProcess[] = [];
  const start = async (...line: readonly string[]): Promise<DetachedProcess> => {
    const [file = '', ...args] = [...prefix, ...line];
    const child = await spawnDetached({ file, args, env, cwd: directory, logFile });
    children.push(child);
    return child;
  };
  const epmd = findEpmd();
  if (epmd) await start(epmd, ...epmdArgs);
  const node = await start(script);
  return {
    hasExited: node.hasExited,
    signal: (name) => children.forEach((child) => child.signalGroup(name)),
    end: async (signal, within) => {
      for (const child of children.splice(0).reverse()) await child.end(signal, within);
    },
  };
};
