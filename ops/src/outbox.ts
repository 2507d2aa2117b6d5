import { Command } from 'commander';
import { outboxState, type OutboxState as State } from '@mentor-sessions/messaging/operations';
import { onlyRow } from '@mentor-sessions/service-kit/database';
import {
  actionOf,
  answering,
  confirm,
  positive,
  serviceOption,
  uuids,
  withActionOptions,
  type ActionOptions,
  type Cli,
} from './command.ts';
import { actOn, queryBoth, readBoth, type Action, type Databases, type Service } from './connections.ts';
import { UsageError } from './errors.ts';
import { age, counted, short, table, time } from './table.ts';

export type OutboxState = State & { readonly service: Service };

export const readOutboxes = (databases: Databases): Promise<OutboxState[]> =>
  queryBoth(databases, async (db) => [onlyRow(await db.query<State>(outboxState), 'outbox state')]);

export type OutboxRow = {
  readonly service: Service;
  readonly messageId: string;
  readonly aggregateId: string;
  readonly type: string;
  readonly sequence: number;
  readonly createdAt: Date;
  readonly ageSeconds: number;
  /** Null: waiting to be published. */
  readonly parkedAt: Date | null;
  /** When relays retry a parked row; null: not before it is unparked. */
  readonly retryAt: Date | null;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly bytes: number;
};

type OutboxFilter = {
  readonly service?: Service | undefined;
  readonly parked?: boolean | undefined;
  readonly messageIds?: readonly string[] | undefined;
  /** For each service. */
  readonly limit: number;
};

const list = `select message_id as "messageId", aggregate_id as "aggregateId", type, sequence, created_at as "createdAt",
    extract(epoch from clock_timestamp() - created_at)::float8 as "ageSeconds",
    parked_at as "parkedAt", retry_at as "retryAt", attempts, last_error as "lastError", outbox_bytes(message_id) as bytes
  from outbox
  where (not $1::boolean or parked_at is not null) and ($2::uuid[] is null or message_id = any($2))
  order by position limit $3`;

/** Oldest first. */
export const listOutbox = (databases: Databases, filter: OutboxFilter): Promise<OutboxRow[]> => {
  const values = [filter.parked ?? false, filter.messageIds ?? null, filter.limit];
  return readBoth(databases, list, values, filter.service);
};

export type ParkedVerb = 'unpark' | 'drop';

/** Returns how many of the rows were still parked. */
export const actOnParked = async (
  databases: Databases,
  verb: ParkedVerb,
  rows: readonly Pick<OutboxRow, 'service' | 'messageId'>[],
  action: Action,
): Promise<number> => {
  const items = rows.map(({ service, messageId: id }) => ({ service, id }));
  return (await actOn(databases, `select from outbox_${verb}($1, $2, $3)`, items, action)).length;
};

export const outboxCommand = (cli: Cli): Command =>
  new Command('outbox')
    .description('events that are not published yet: list; parked ones: unpark, drop')
    .addCommand(listCommand(cli))
    .addCommand(parkedCommand(cli, 'unpark').description('retry parked events at once'))
    .addCommand(
      parkedCommand(cli, 'drop')
        .description('delete parked events; they are never published, their ids and hashes stay on record')
        .option('--yes', 'do not ask for confirmation'),
    );

const listCommand = (cli: Cli): Command =>
  new Command('list')
    .description('unpublished events, oldest first')
    .addOption(serviceOption())
    .option('--parked', 'only parked events')
    .option('--limit <n>', 'at most this many of each service', positive, 100)
    .action(
      answering(cli, async ({ databases }, options: OutboxFilter) => {
        const rows = await listOutbox(databases, options);
        const needsAction = rows.some(({ parkedAt }) => parkedAt !== null);
        return { data: rows, text: rows.length > 0 ? rowsTable(rows) : 'The outboxes are empty.', needsAction };
      }),
    );

const stateOf = ({ parkedAt, retryAt }: OutboxRow): string => {
  if (retryAt) return `parked, next retry ${time(retryAt)}`;
  return parkedAt ? 'parked' : 'pending';
};

const rowsTable = (rows: readonly OutboxRow[]): string =>
  table(
    rows.map((row) => ({
      service: row.service,
      message: row.messageId,
      type: row.type,
      aggregate: row.aggregateId,
      age: age(row.ageSeconds),
      bytes: row.bytes,
      state: stateOf(row),
      attempts: row.attempts,
      'last error': short(row.lastError, 60),
    })),
  );

type ParkedOptions = ActionOptions & {
  readonly service?: Service;
  readonly messageId?: readonly string[];
  readonly all?: boolean;
};

/** As many rows as one action takes; the rest follows when it is repeated. */
export const MAX_PARKED = 1_000;

const parkedCommand = (cli: Cli, verb: ParkedVerb): Command =>
  withActionOptions(new Command(verb))
    .addOption(serviceOption())
    .option('--message-id <id>', 'this event; repeatable', uuids)
    .option('--all', `all parked events, at most ${MAX_PARKED} of each service at a time`)
    .action(
      answering(cli, async (context, options: ParkedOptions) => {
        const { service, messageId: messageIds, all } = options;
        if (!messageIds && !all) throw new UsageError('Which events? Use --message-id or --all.');
        const rows = await listOutbox(context.databases, { service, messageIds, parked: true, limit: MAX_PARKED });
        const matching = rows.length;
        if (options.dryRun) return { data: { matching, rows }, text: rowsTable(rows) };
        const action = actionOf(options, context);
        if (verb === 'drop' && matching > 0)
          await confirm(`Never publish ${counted(matching, 'event')}?`, options, context.io);
        const done = await actOnParked(context.databases, verb, rows, action);
        return { data: { matching, done }, text: `${verb}: ${done} of ${matching} events.` };
      }),
    );
