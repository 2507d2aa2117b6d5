import { randomUUIDv7 } from 'node:crypto';
import { bookingAccepted, envelopeOf, type BookingAccepted, type Envelope } from '@mentor-sessions/contracts';
import type pg from 'pg';
import { outboxRow, type OutgoingEnvelope } from '@mentor-sessions/messaging';

/** SQL for a UUID that sorts like a version 7 UUID of that time. */
export const uuidAt = (at: string): string =>
  `encode(substring(int8send((extract(epoch from ${at}) * 1000)::bigint) from 3) || substring(uuid_send(gen_random_uuid()) from 7), 'hex')::uuid`;

const HOUR_MS = 3_600_000;
const FIRST = Date.UTC(2040, 0, 1);
const notes = 'I would like to talk about my first year as a tech lead, and how to say no.';
const metadata = { campaign: 'spring', source: 'search', plan: 'monthly' };

/** A booking.accepted event of the usual size (about 900 bytes), with varying times and people. */
export const anAcceptance = (n: number): Envelope<BookingAccepted> => {
  const bookingId = randomUUIDv7();
  const mentor = `01980000-0000-7000-8000-${String(n % 5_000).padStart(12, '0')}`;
  const at = new Date(FIRST + Math.floor(n / 5_000) * HOUR_MS);
  const data: BookingAccepted = {
    bookingId,
    sessionId: randomUUIDv7(),
    listingId: mentor,
    mentorProfileId: mentor,
    menteeUserId: `01980000-0000-7000-9000-${String(n % 20_011).padStart(12, '0')}`,
    start: at.toISOString(),
    end: new Date(at.getTime() + HOUR_MS).toISOString(),
    notes,
    metadata,
    acceptedAt: new Date().toISOString(),
    acceptedBy: mentor,
  };
  const about = { subject: bookingId, correlationId: bookingId, time: data.acceptedAt, sequence: 2 };
  return envelopeOf(bookingAccepted, { id: randomUUIDv7(), ...about, data });
};

/** `each` events of each aggregate, the first events of all of them first. */
export const acceptances = (count: number, each = 1): Envelope<BookingAccepted>[] => {
  const firsts = Array.from({ length: Math.ceil(count / each) }, (_, n) => anAcceptance(n));
  const later = Array.from({ length: each - 1 }, (_, n) =>
    firsts.map((event) => ({ ...event, id: randomUUIDv7(), sequence: String(n + 3).padStart(10, '0') })),
  );
  return [firsts, ...later].flat().slice(0, count);
};

const CHUNK = 10_000;
const columns = 'message_id, aggregate_id, sequence, type, lane, envelope';

/** Stores events in a table beside the outbox, so that each round starts with the same rows. */
export const keepEvents = async (pool: pg.Pool, events: readonly OutgoingEnvelope[]): Promise<void> => {
  await pool.query(`create unlogged table if not exists bench_events (
    n bigint generated always as identity primary key,
    message_id uuid, aggregate_id uuid, sequence integer, type text, lane smallint, envelope json)`);
  for (let from = 0; from < events.length; from += CHUNK) {
    const rows = events.slice(from, from + CHUNK).map(outboxRow);
    const names = ['id', 'subject', 'sequence', 'type', 'lane', 'envelope'] as const;
    await pool.query(
      `insert into bench_events (${columns})
       select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::smallint[], $6::json[])`,
      names.map((name) => rows.map((row) => row[name])),
    );
  }
};

/** Empties the outbox, including dead rows. */
export const emptyOutbox = async (pool: pg.Pool): Promise<void> => {
  await pool.query('truncate outbox, outbox_published');
};

/** Runs a statement that inserts rows; the returned function commits it. */
export const insertUncommitted = async (
  pool: pg.Pool,
  text: string,
  values: unknown[],
): Promise<() => Promise<void>> => {
  const client = await pool.connect();
  await client.query('begin');
  await client.query(text, values);
  return async () => {
    await client.query('commit');
    client.release();
  };
};

/** Inserts `count` of the stored events into the outbox; the returned function makes them visible. */
export const fillOutbox = async (pool: pg.Pool, count: number, from = 0): Promise<() => Promise<void>> => {
  const commit = await insertUncommitted(
    pool,
    `insert into outbox (${columns}) select ${columns} from bench_events where n > $2 order by n limit $1`,
    [count, from],
  );
  return async () => {
    await commit();
    await pool.query('notify outbox');
  };
};

/** Commits one event and notifies. */
export const insertOne = async (pool: pg.Pool, event: Envelope): Promise<void> => {
  const { id, subject, sequence, type, lane, envelope } = outboxRow(event);
  await pool.query({
    name: 'one',
    text: `insert into outbox (${columns}) values ($1, $2, $3, $4, $5, $6)`,
    values: [id, subject, sequence, type, lane, envelope],
  });
  void pool.query('notify outbox');
};

/** Inserts copies of one event with new ids into the outbox in one statement: a million in half a minute. */
export const insertCopies = async (pool: pg.Pool, count: number): Promise<void> => {
  const event = anAcceptance(0);
  const newId = uuidAt('clock_timestamp()');
  await pool.query(
    `insert into outbox (${columns})
     select id, aggregate, 2, $2, n % 16, replace(replace($3::text, $4, id::text), $5, aggregate::text)::json
     from (select n, ${newId} as id, ${newId} as aggregate from generate_series(1, $1::integer) n) ids`,
    [count, event.type, JSON.stringify(event), event.id, event.subject],
  );
};

export const outboxIsEmpty = async (pool: pg.Pool): Promise<boolean> =>
  (await pool.query('select from outbox limit 1')).rowCount === 0;
