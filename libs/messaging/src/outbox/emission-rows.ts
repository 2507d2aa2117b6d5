import { complete, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';

/** An operator's request to publish events of one aggregate from its row. */
export type Emission = {
  readonly id: string;
  readonly aggregateId: string;
  /** Null: every event that the row calls for. */
  readonly type: string | null;
  /** Also those that the outbox has or had. */
  readonly again: boolean;
};

/** What the outbox has or had of an aggregate. */
export type KnownEvent = {
  readonly sequence: number;
  readonly messageId: string;
  /** Null: it waits in the outbox. */
  readonly publishedAt: Date | null;
};

// skip locked: another process may be at the one before
const next: Statement = {
  name: 'emission-next',
  text: `select id, aggregate_id as "aggregateId", type, again from emissions where finished_at is null
    order by id limit 1 for update skip locked`,
};

const finish: Statement = {
  name: 'emission-finish',
  text: `update emissions set finished_at = date_trunc('milliseconds', clock_timestamp()), outcome = $2, detail = $3
    where id = $1 and finished_at is null`,
};

// one statement, one snapshot: a row that is moved to outbox_published meanwhile is seen in one of the two
const known: Statement = {
  name: 'emission-known-events',
  text: `select sequence, message_id as "messageId", null::timestamptz as "publishedAt" from outbox where aggregate_id = $1
    union all select sequence, message_id, published_at from outbox_published where aggregate_id = $1`,
};

const copy: Statement = {
  name: 'emission-copy-published',
  text: `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select message_id, aggregate_id, sequence, type, lane, envelope from outbox_published
    where aggregate_id = $1 and message_id = $2 limit 1`,
};

export const nextEmission = async (tx: Queryable): Promise<Emission | undefined> => {
  const [row] = await tx.query<Emission>(next);
  return row && complete(row, ['id', 'aggregateId', 'again'], 'emissions');
};

export type Outcome = { readonly outcome: 'emitted' | 'refused' | 'failed'; readonly detail: string };

export const finishEmission = async (db: Queryable, id: string, { outcome, detail }: Outcome): Promise<void> =>
  void (await db.query(finish, [id, outcome, detail.slice(0, 2_000)]));

export const findKnownEvents = async (tx: Queryable, aggregateId: string): Promise<KnownEvent[]> => {
  const rows = await tx.query<KnownEvent>(known, [aggregateId]);
  return rows.map((row) => complete(row, ['sequence', 'messageId'], 'outbox'));
};

/** Puts a published event into the outbox again, byte for byte and under its own id. */
export const copyPublished = async (tx: Queryable, aggregateId: string, messageId: string): Promise<void> =>
  void (await tx.query(copy, [aggregateId, messageId]));
