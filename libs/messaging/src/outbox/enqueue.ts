import type { Database, Queryable, Statement } from '@mentor-sessions/service-kit/database';
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

const COLUMNS = 'message_id, aggregate_id, sequence, type, lane, envelope';

const enqueueAll: Statement = {
  name: 'outbox-enqueue',
  text: `insert into outbox (${COLUMNS})
    select * from rows from (
      unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::smallint[]),
      json_array_elements($6::json) -- the driver would escape each quote of a json[]
    )`,
};

/** Writes the events in the caller's transaction: they are published if and only if it commits. */
export const enqueue = async (tx: Queryable, envelopes: readonly OutgoingEnvelope[]): Promise<void> => {
  const rows = envelopes.map(outboxValues);
  const column = (index: number): unknown[] => rows.map((row) => row[index]);
  const envelopesAsJson = `[${column(5).join(',')}]`;
  await tx.query(enqueueAll, [column(0), column(1), column(2), column(3), column(4), envelopesAsJson]);
};

const findMessage: Statement = {
  name: 'outbox-find',
  text: `select message_id from outbox where message_id = $1
    union all select message_id from outbox_published where aggregate_id = $2 and message_id = $1`,
};

/** Whether the event, and so the change it belongs to, was committed: for a writer whose commit was not answered. Valid until retention removes the row. */
export const wasEnqueued = async (db: Queryable, { id, subject }: OutgoingEnvelope): Promise<boolean> =>
  (await db.query(findMessage, [id, subject])).length > 0;

/** The insert of one event for each row of the CTE `from`, for a change that is one statement: one round trip for both. */
const insertFrom = (from: string): string => `
  insert into outbox (${COLUMNS})
  select :eventId::uuid, :eventSubject::uuid, :eventSequence::integer, :eventType::text, :eventLane::smallint, :event::json
  from ${from}`;

const parameters = (envelope: OutgoingEnvelope) => {
  const [eventId, eventSubject, eventSequence, eventType, eventLane, event] = outboxValues(envelope);
  return { eventId, eventSubject, eventSequence, eventType, eventLane, event };
};

/** The outbox as the write path of a service uses it. */
export const createOutbox = (database: Database): Outbox<OutgoingEnvelope> => ({
  insertFrom,
  parameters,
  wasEnqueued,
  announce: createAnnouncer(database),
});

/** As the columns above. */
export const outboxValues = (envelope: OutgoingEnvelope): unknown[] => [
  envelope.id,
  envelope.subject,
  Number(envelope.sequence),
  envelope.type,
  laneOf(envelope.subject),
  JSON.stringify(envelope),
];
