import type { Command } from 'commander';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { readConfig } from './config.ts';
import { connect, type Connections } from './connections.ts';

export type Answer = {
  /** What a program reads. */
  readonly data: unknown;
  /** What a person reads. */
  readonly text: string;
  /** Somebody has something to do: exit code 1. */
  readonly isToDo?: boolean;
};

export type Run = Connections & {
  /** Who acts, unless the command was told otherwise. */
  readonly operator: string;
};

/**
 * Runs a command on connections of its own and prints its answer: text on a terminal, JSON with `--json` or in a pipe.
 * `--text` prints text into a pipe as well.
 */
export const answering =
  <Args extends readonly unknown[]>(answer: (run: Run, ...args: Args) => Promise<Answer>) =>
  async (...args: [...Args, Command]): Promise<void> => {
    const command = args.at(-1) as Command;
    const { json, text } = command.optsWithGlobals<{ json?: boolean; text?: boolean }>();
    const config = readConfig();
    const connections = connect(config, createLogger({ service: 'ops', role: 'operator', level: 'silent' }));
    try {
      const said = await answer(
        { ...connections, operator: config.operator },
        ...(args.slice(0, -1) as unknown as Args),
      );
      const isText = text ?? (!json && process.stdout.isTTY);
      process.stdout.write(`${isText ? said.text : JSON.stringify(said.data, null, 2)}\n`);
      if (said.isToDo) process.exitCode = 1;
    } finally {
      await connections.close();
    }
  };
