import { Command } from 'commander';
import { answering, moment, positive, serviceOption, type Cli } from './command.ts';
import { readBoth, type Databases, type Service } from './connections.ts';
import { short, table, time } from './table.ts';

/** What an operator did, as recorded in the database where it was done. */
export type OperatorAction = {
  readonly service: Service;
  readonly id: number;
  readonly at: Date;
  /** The name that the operator gave, or that of the console's token. */
  readonly operator: string;
  /** The role that they logged in with. */
  readonly login: string;
  readonly action: string;
  readonly reason: string;
  /** What it was done to. */
  readonly subject: unknown;
};

type ActionFilter = {
  readonly service?: Service | undefined;
  /** A part of the name. */
  readonly operator?: string | undefined;
  readonly since?: Date | undefined;
  /** Before. */
  readonly until?: Date | undefined;
  readonly limit: number;
};

const MAX_ACTIONS = 1_000;

const list = `select id::float8 as id, at, operator, login, action, reason, subject from operator_actions
  where ($1::text is null or position(lower($1) in lower(operator)) > 0)
    and ($2::timestamptz is null or at >= $2) and ($3::timestamptz is null or at < $3)
  order by id desc limit least($4::integer, ${MAX_ACTIONS})`;

/** Latest first. */
export const listActions = async (databases: Databases, filter: ActionFilter): Promise<OperatorAction[]> => {
  const { service, operator, since, until, limit } = filter;
  const values = [operator ?? null, since ?? null, until ?? null, limit];
  const rows = await readBoth<OperatorAction>(databases, list, values, service);
  return rows.toSorted((a, b) => b.at.getTime() - a.at.getTime()).slice(0, limit);
};

export const actionsCommand = (cli: Cli): Command =>
  new Command('actions')
    .description('who did what and why, latest first')
    .addOption(serviceOption())
    .option('--operator <name>', 'only operators whose name has this part')
    .option('--since <time>', 'at or after: 2026-11-24T10:00:00Z, or 2h for two hours ago', moment)
    .option('--until <time>', 'before', moment)
    .option('--limit <n>', `at most this many; at most ${MAX_ACTIONS}`, positive, 100)
    .action(
      answering(cli, async ({ databases }, filter: ActionFilter) => {
        const actions = await listActions(databases, filter);
        const rows = actions.map(({ at, service, operator, action, ...row }) => {
          const [reason, to] = [short(row.reason), short(JSON.stringify(row.subject))];
          return { time: time(at), service, operator, action, reason, to };
        });
        return { data: actions, text: table(rows) };
      }),
    );
