import { Command, Option } from 'commander';
import { acting, actOf, confirm, type ActOptions } from '../acting.ts';
import { answering, type Answer, type Run } from '../command.ts';
import { services, type Act, type Databases, type Service } from '../databases.ts';
import { positive, uuids } from '../options.ts';
import { dropRows, listOutbox, unparkRows, type OutboxRow } from '../outboxes.ts';
import { age, short, table, time } from '../output.ts';
import { Usage } from '../usage.ts';

export const outboxCommand = (): Command =>
  new Command('outbox')
    .description('events that are not published yet: list; parked ones: unpark, drop')
    .addCommand(listCommand())
    .addCommand(parkedCommand('unpark', 'let relays try parked events again, at once', unparkRows))
    .addCommand(parkedCommand('drop', 'give parked events up: they are never published', dropRows));

const ofService = (): Option => new Option('--service <service>', 'of one service').choices(services);

const stateOf = ({ parkedAt, retryAt }: OutboxRow): string => {
  if (retryAt) return `parked, next try ${time(retryAt)}`;
  return parkedAt ? 'parked' : 'waits';
};

const rowsTable = (rows: readonly OutboxRow[]): string =>
  table(rows, [
    ['service', (row) => row.service],
    ['message', (row) => row.messageId],
    ['type', (row) => row.type],
    ['aggregate', (row) => row.aggregateId],
    ['age', (row) => age(row.ageSeconds)],
    ['bytes', (row) => row.bytes],
    ['state', stateOf],
    ['attempts', (row) => row.attempts],
    ['last error', (row) => short(row.lastError, 60)],
  ]);

const listCommand = (): Command =>
  new Command('list')
    .description('what waits, the oldest first')
    .addOption(ofService())
    .option('--parked', 'only what is parked')
    .option('--limit <n>', 'at most so many of each service', positive, 100)
    .action(
      answering(async ({ databases }, options: { service?: Service; parked?: boolean; limit: number }) => {
        const { service, parked: onlyParked, limit } = options;
        const rows = await listOutbox(databases, { service, onlyParked, limit });
        const isToDo = rows.some(({ parkedAt }) => parkedAt !== null);
        return { data: rows, text: rows.length > 0 ? rowsTable(rows) : 'Nothing waits.', isToDo };
      }),
    );

type Parked = ActOptions & {
  readonly service?: Service;
  readonly messageId?: readonly string[];
  readonly all?: boolean;
};
type Do = (databases: Databases, rows: readonly OutboxRow[], act: Act) => Promise<number>;

const parkedCommand = (name: 'unpark' | 'drop', description: string, doIt: Do): Command => {
  const command = acting(new Command(name))
    .description(description)
    .addOption(ofService())
    .option('--message-id <id>', 'this one; may be given several times', uuids)
    .option('--all', 'all that are parked');
  if (name === 'drop') command.option('--yes', 'do not ask');
  return command.action(answering((run, options: Parked) => act(run, options, { name, doIt })));
};

const act = async (run: Run, options: Parked, { name, doIt }: { name: string; doIt: Do }): Promise<Answer> => {
  const { service, messageId: messageIds, all } = options;
  if (!messageIds && !all) throw new Usage('Which ones? Say --message-id or --all.');
  const rows = await listOutbox(run.databases, { service, messageIds, onlyParked: true, limit: 1_000 });
  if (options.dryRun) return { data: { matching: rows.length, rows }, text: `${rows.length}\n\n${rowsTable(rows)}` };
  const by = actOf(options, run.operator);
  if (name === 'drop' && rows.length > 0) await confirm(`Never publish ${rows.length} events?`, options);
  const done = await doIt(run.databases, rows, by);
  return { data: { matching: rows.length, done }, text: `${done} of ${rows.length}: ${name} done.` };
};
