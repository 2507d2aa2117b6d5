import { outboxState, type OutboxState as Waiting } from '@mentor-sessions/messaging/operations';
import { onlyRow } from '@mentor-sessions/service-kit/database';
import { askBoth, byService, type Act, type Databases, type Service } from './databases.ts';

/** Of one service. */
export type OutboxState = Waiting & { readonly service: Service };

export type OutboxRow = {
  readonly service: Service;
  readonly messageId: string;
  readonly aggregateId: string;
  readonly type: string;
  readonly sequence: number;
  readonly createdAt: Date;
  readonly ageSeconds: number;
  /** Null: it waits to be published. */
  readonly parkedAt: Date | null;
  /** Of a parked row: when relays try it again; null: not before it is unparked. */
  readonly retryAt: Date | null;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly bytes: number;
};

export const readOutboxes = (databases: Databases): Promise<OutboxState[]> =>
  askBoth(databases, async (db, service) => [
    { service, ...onlyRow(await db.query<Waiting>(outboxState), 'outbox state') },
  ]);

const list = `select message_id as "messageId", aggregate_id as "aggregateId", type, sequence, created_at as "createdAt",
    extract(epoch from clock_timestamp() - created_at)::float8 as "ageSeconds",
    parked_at as "parkedAt", retry_at as "retryAt", attempts, last_error as "lastError", outbox_bytes(message_id) as bytes
  from outbox
  where (not $1::boolean or parked_at is not null) and ($2::uuid[] is null or message_id = any($2))
  order by position limit $3`;

export type OutboxFilter = {
  readonly service?: Service | undefined;
  readonly onlyParked?: boolean | undefined;
  readonly messageIds?: readonly string[] | undefined;
  /** Of each service; default 100. */
  readonly limit?: number | undefined;
};

/** What waits, the oldest first. */
export const listOutbox = (databases: Databases, filter: OutboxFilter = {}): Promise<OutboxRow[]> => {
  const { service: only, onlyParked = false, messageIds = null, limit = 100 } = filter;
  return askBoth(
    databases,
    async (db, service) =>
      (await db.query<Omit<OutboxRow, 'service'>>(list, [onlyParked, messageIds, limit])).map((row) => ({
        service,
        ...row,
      })),
    only,
  );
};

type Parked = Pick<OutboxRow, 'service' | 'messageId'>;

const each = async (databases: Databases, rows: readonly Parked[], { act, call }: { act: Act; call: string }) => {
  let done = 0;
  for (const { db, items } of byService(databases, rows)) {
    const ids = items.map(({ messageId }) => messageId);
    done += (await db.query(`select * from ${call}($1, $2, $3)`, [ids, act.operator, act.reason])).length;
  }
  return done;
};

/** Lets relays try parked rows again. Returns how many there were. */
export const unparkRows = (databases: Databases, rows: readonly Parked[], act: Act): Promise<number> =>
  each(databases, rows, { act, call: 'outbox_unpark' });

/** Gives parked rows up: they are never published; the record of the act keeps their ids and hashes. Returns how many there were. */
export const dropRows = (databases: Databases, rows: readonly Parked[], act: Act): Promise<number> =>
  each(databases, rows, { act, call: 'outbox_drop' });
