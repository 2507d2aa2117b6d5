import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { printable } from '@mentor-sessions/service-kit/printable';
import type { Act } from './databases.ts';
import { isProduction } from './config.ts';
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
    .option('--operator <name>', 'who acts; default: OPERATOR, or outside of production the name of the system’s user')
    .option('--dry-run', 'only tell what would be done');

/** Accounts that several people use: kept with an act, they say nothing. */
const shared = ['admin', 'administrator', 'cluster', 'compose', 'node', 'operator', 'root'];

/** In production an act needs the name of a person; elsewhere the system's user will do. */
export const actOf = ({ because, operator }: ActOptions, byDefault: string | undefined): Act => {
  if (!because.trim()) throw new Usage('--because must say something.');
  const name = (operator ?? byDefault ?? '').trim();
  if (!name) throw new Usage('Who acts? Say --operator <your name>, or set OPERATOR: it is kept with the act.');
  if (isProduction() && shared.includes(name.toLowerCase()))
    throw new Usage(
      `"${name}" is a shared account. Say --operator <your name>, or set OPERATOR: it is kept with the act.`,
    );
  return { operator: name, reason: because };
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
