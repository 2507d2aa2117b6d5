import { array, sql, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import type { Outbox } from '@mentor-sessions/service-kit/outbox';
import { createAnnouncer } from './announcer.ts';
import { laneOf } from './lane.ts';

/** The attributes of a CloudEvents envelope that the outbox reads; the whole envelope is published. */
export type OutgoingEnvelope = {
  readonly id: string;
  readonly subject: string;
  readonly type: string;
  readonly sequence: string;
};

export const outboxRow = (envelope: OutgoingEnvelope) => ({
  id: envelope.id,
  subject: envelope.subject,
  sequence: Number(envelope.sequence),
  type: envelope.type,
  lane: laneOf(envelope.subject),
  envelope: JSON.stringify(envelope),
});

type OutboxRow = ReturnType<typeof outboxRow>;

const parameters = (rows: readonly OutboxRow[]) => ({
  eventId: rows.map(({ id }) => id),
  eventSubject: rows.map(({ subject }) => subject),
  eventSequence: rows.map(({ sequence }) => sequence),
  eventType: rows.map(({ type }) => type),
  eventLane: rows.map(({ lane }) => lane),
  events: `[${rows.map(({ envelope }) => envelope).join(',')}]`, // the driver would escape each quote of a json[]
});

const COLUMNS = 'message_id, aggregate_id, sequence, type, lane, envelope';
const ARRAYS = [
  array('eventId', 'uuid'),
  array('eventSubject', 'uuid'),
  array('eventSequence', 'integer'),
  array('eventType', 'text'),
  array('eventLane', 'smallint'),
].join(', ');

const enqueueAll = sql(
  'outbox-enqueue',
  `insert into outbox (${COLUMNS}) select * from rows from (unnest(${ARRAYS}), json_array_elements(:events::json))`,
);

/** Writes the events in the caller's transaction: they are published if and only if it commits. */
export const enqueue = async (tx: Queryable, envelopes: readonly OutgoingEnvelope[]): Promise<void> => {
  await tx.query(enqueueAll, parameters(envelopes.map(outboxRow)));
};

const findMessages = sql(
  'outbox-find',
  `select message_id from outbox where message_id = any(:ids::uuid[])
  union all select message_id from outbox_published
    where aggregate_id = any(:subjects::uuid[]) and message_id = any(:ids::uuid[])`,
);

/**
 * Which of these events, and so of the changes they belong to, were committed: for a writer whose commit was not answered.
 * Valid until retention removes the row.
 */
export const findEnqueued = async (
  db: Queryable,
  events: readonly Pick<OutgoingEnvelope, 'id' | 'subject'>[],
): Promise<ReadonlySet<string>> => {
  if (events.length === 0) return new Set();
  const values = { ids: events.map(({ id }) => id), subjects: events.map(({ subject }) => subject) };
  const rows = await db.query<{ message_id: string }>(findMessages, values);
  return new Set(rows.map((row) => row.message_id));
};

/** The outbox as the write path of a service uses it. */
export const createOutbox = (database: Database): Outbox<OutgoingEnvelope, OutboxRow> => ({
  rowOf: outboxRow,
  insertFor: (written) => `
    insert into outbox (${COLUMNS})
    select ${COLUMNS} from rows from (unnest(${array('eventOf', 'integer')}, ${ARRAYS}), json_array_elements(:events::json))
      as event (n, ${COLUMNS}) join ${written} using (n) order by n`,
  parameters: (rows) => ({ eventOf: rows.map(({ n }) => n), ...parameters(rows) }),
  findEnqueued,
  announce: createAnnouncer(database),
});
