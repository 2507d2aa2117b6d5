import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { printable } from '@mentor-sessions/service-kit/printable';
import type { Act } from './databases.ts';
import { Usage } from './usage.ts';

export type ActOptions = {
  readonly because: string;
  readonly operator?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
};

/** The options of every command that changes something. */
export const acting = (command: Command): Command =>
  command
    .requiredOption('--because <why>', 'kept for ever with who did it')
    .option('--operator <name>', 'who acts; default: OPERATOR, or the name of the system’s user')
    .option('--dry-run', 'only tell what would be done');

export const actOf = ({ because, operator }: ActOptions, defaultOperator: string): Act => {
  if (!because.trim()) throw new Usage('--because must say something.');
  return { operator: operator ?? defaultOperator, reason: because };
};

/** For what cannot be undone: asks on a terminal, and elsewhere wants `--yes`. */
export const confirm = async (question: string, { yes }: ActOptions): Promise<void> => {
  if (yes) return;
  if (!process.stdin.isTTY) throw new Usage(`${question} Say --yes if that is what you want.`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`${printable(question)} [y/N] `);
  asking.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Usage('Nothing was done.');
};
