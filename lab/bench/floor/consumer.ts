/**
 * The least consumer with the same guarantee on the same tables: one session and its event for each accepted booking, however
 * often a message is delivered, acknowledged after the commit. It has no error handling: an invalid message or any failure
 * ends it.
 */
import { createHash, randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { connect, type ConsumeMessage } from 'amqplib';
import pg from 'pg';
import { laneOf } from '../../../libs/messaging/src/outbox/lane.ts';

const { DATABASE_URL, AMQP_URL = '' } = process.env;
const QUEUE = 'sessions.booking-accepted';
const BATCH = 250;

const pool = new pg.Pool({ connectionString: DATABASE_URL });
const channel = await (await connect(AMQP_URL, { noDelay: true })).createChannel();
await channel.prefetch(500);

type Booking = {
  bookingId: string;
  sessionId: string;
  listingId: string;
  mentorProfileId: string;
  menteeUserId: string;
  start: string;
  end: string;
  metadata: object;
  acceptedBy: string;
};
type Event = { id: string; data: Booking };
type Arrived = { readonly delivery: ConsumeMessage; readonly event: Event; readonly hash: string };

const insert = `with message as (
    select * from jsonb_to_recordset($1::jsonb) as m(
      message_id uuid, content_hash text, "bookingId" uuid, "sessionId" uuid, "listingId" uuid, "mentorProfileId" uuid,
      "menteeUserId" uuid, start timestamptz, "end" timestamptz, notes text, metadata jsonb,
      "acceptedAt" timestamptz, "acceptedBy" uuid)
    order by "bookingId"),
  accepted as (
    insert into accepted_bookings (booking_id, session_id, message_id, content_hash, listing_id, mentor_profile_id,
      mentee_user_id, start_time, end_time, accepted_at, accepted_by)
    select "bookingId", "sessionId", message_id, decode(content_hash, 'hex'), "listingId", "mentorProfileId",
      "menteeUserId", start, "end", "acceptedAt", "acceptedBy"
    from message on conflict do nothing returning message_id, booking_id),
  born as (
    insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
    select "sessionId", "bookingId", "listingId", "mentorProfileId", "menteeUserId", start, "end", notes, metadata
    from message join accepted using (message_id) order by "bookingId" returning booking_id, created_at)
  select accepted.message_id, born.created_at from born join accepted using (booking_id)`;

const enqueue = `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
  select id, subject, 1, 'session.scheduled', lane, envelope
  from rows from (unnest($1::uuid[], $2::uuid[], $3::smallint[]), json_array_elements($4::json))
    as e(id, subject, lane, envelope)`;

const scheduled = ({ data }: Event, at: Date) => {
  const { bookingId, sessionId, listingId, mentorProfileId, menteeUserId, start, end, metadata, acceptedBy } = data;
  const people = { listingId, mentorProfileId, mentorUserId: acceptedBy, menteeUserId };
  return {
    specversion: '1.0',
    id: randomUUIDv7(),
    source: '/sessions',
    type: 'session.scheduled',
    subject: sessionId,
    time: at,
    dataschema: 'urn:mentor-sessions:session.scheduled:1',
    sequence: '0000000001',
    correlationid: bookingId,
    data: { sessionId, bookingId, ...people, start, end, metadata },
  };
};

const handle = async (client: pg.PoolClient, batch: readonly Arrived[]): Promise<void> => {
  const events = new Map(batch.map((one) => [one.event.id, one]));
  const entries = [...events.values()].sort((a, b) => (a.event.id < b.event.id ? -1 : 1));
  await client.query('begin');
  await client.query({
    name: 'inbox',
    text: `insert into inbox (message_id, queue, content_hash)
      select id, $2, decode(hash, 'hex') from unnest($1::uuid[], $3::text[]) as m(id, hash) on conflict do nothing`,
    values: [entries.map(({ event }) => event.id), QUEUE, entries.map(({ hash }) => hash)],
  });
  const rows = entries.map(({ event, hash }) => ({ ...event.data, message_id: event.id, content_hash: hash }));
  const born = await client.query<{ message_id: string; created_at: Date }>({
    name: 'schedule',
    text: insert,
    values: [JSON.stringify(rows)],
  });
  const out = born.rows.map((row) => scheduled((events.get(row.message_id) as { event: Event }).event, row.created_at));
  await client.query({
    name: 'enqueue',
    text: enqueue,
    values: [
      out.map(({ id }) => id),
      out.map(({ subject }) => subject),
      out.map(({ subject }) => laneOf(subject)),
      JSON.stringify(out),
    ],
  });
  await client.query('commit');
};

const arrived: Arrived[] = [];
const arrivals = new EventTarget();
await channel.consume(QUEUE, (delivery) => {
  if (!delivery) throw new Error('the queue is gone');
  const { content } = delivery;
  const hash = createHash('sha256').update(content).digest('hex');
  arrived.push({ delivery, event: JSON.parse(content.toString()) as Event, hash });
  arrivals.dispatchEvent(new Event('message'));
});
console.log('ready');
const client = await pool.connect();
for (;;) {
  if (arrived.length === 0) await once(arrivals, 'message');
  const batch = arrived.splice(0, BATCH);
  await handle(client, batch);
  channel.ack((batch.at(-1) as Arrived).delivery, true);
  void pool.query('notify outbox');
}
