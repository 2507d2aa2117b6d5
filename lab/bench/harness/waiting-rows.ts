import type pg from 'pg';
import { outboxValues, type OutgoingEnvelope } from '@mentor-sessions/messaging';
import { anAcceptance } from './events.ts';
import { uuidAt } from './uuid-at.ts';

const CHUNK = 10_000;
const columns = 'message_id, aggregate_id, sequence, type, lane, envelope';

/** Keeps events in a table beside the outbox, so that each round begins with the same rows. */
export const keepEvents = async (pool: pg.Pool, events: readonly OutgoingEnvelope[]): Promise<void> => {
  await pool.query(`create unlogged table if not exists bench_events (
    n bigint generated always as identity primary key,
    message_id uuid, aggregate_id uuid, sequence integer, type text, lane smallint, envelope json)`);
  for (let from = 0; from < events.length; from += CHUNK) {
    const rows = events.slice(from, from + CHUNK).map(outboxValues);
    const column = (index: number): unknown[] => rows.map((row) => row[index]);
    await pool.query(
      `insert into bench_events (${columns})
       select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::smallint[], $6::json[])`,
      [0, 1, 2, 3, 4, 5].map(column),
    );
  }
};

/** An outbox as empty as on the first day. */
export const emptyOutbox = async (pool: pg.Pool): Promise<void> => {
  await pool.query('truncate outbox, outbox_published');
};

/** Puts `count` of the kept events into the outbox; resolves with the commit in hand: `commit` makes them visible at once. */
export const fillOutbox = async (pool: pg.Pool, count: number, from = 0): Promise<() => Promise<void>> => {
  const client = await pool.connect();
  await client.query('begin');
  await client.query(
    `insert into outbox (${columns}) select ${columns} from bench_events where n > $2 order by n limit $1`,
    [count, from],
  );
  return async () => {
    await client.query('commit');
    client.release();
    await pool.query('notify outbox');
  };
};

/** Puts copies of one event into the outbox, with ids of their own: in one statement, a million in half a minute. */
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
