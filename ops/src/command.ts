import type { Command } from 'commander';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { printableJson, printableLines } from '@mentor-sessions/service-kit/printable';
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
  /** Who acts, unless the command says otherwise; undefined: it must be. */
  readonly operator: string | undefined;
};

/**
 * Runs a command on connections of its own and prints its answer: text on a terminal, JSON with `--json` or in a pipe.
 * `--text` prints text into a pipe as well. Either is escaped here: what senders and users wrote must not command a terminal.
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
      const answered = isText ? printableLines(said.text) : printableJson(JSON.stringify(said.data, null, 2));
      process.stdout.write(`${answered}\n`);
      if (said.isToDo) process.exitCode = 1;
    } finally {
      await connections.close();
    }
  };
