/**
 * The least relay with the same guarantee on the same table: events are published if and only if committed, confirmed and
 * routed before they leave the outbox, in order for each aggregate, with any number of processes. It has no error handling:
 * any failure ends it, and a body too large for the broker stops it.
 */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'amqplib';
import pg from 'pg';

const { DATABASE_URL, AMQP_URL, LISTEN_CHANNEL = 'outbox' } = process.env;
const BATCH = 500;
const user = decodeURIComponent(new URL(AMQP_URL as string).username);

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 3 });
// a plan made while the outbox was empty would sort the whole backlog
pool.on('connect', (client) => void client.query('set enable_sort = off; set enable_seqscan = off; set jit = off'));
const channel = await (await connect(AMQP_URL as string, { noDelay: true })).createConfirmChannel();
const returned = new Set<string>();
channel.on('return', ({ properties }) => returned.add(properties.messageId));

type Row = { lane: number; position: string; message_id: string; aggregate_id: string; type: string; envelope: string };

const publish = ({ message_id: messageId, type, envelope }: Row): Promise<void> =>
  new Promise((resolve, reject) => {
    const properties = { messageId, type, userId: user, contentType: 'application/cloudevents+json' };
    channel.publish(
      'mentoring.events',
      type,
      Buffer.from(envelope),
      { ...properties, persistent: true, mandatory: true },
      (error) =>
        error || (returned.has(messageId) && type === 'booking.accepted') // session.* needs no subscriber
          ? reject(new Error(`${messageId} was not taken`, { cause: error }))
          : resolve(),
    );
  });

/** One transaction on one half of the lanes, which it locks against other processes. */
const relayOnce = async (client: pg.PoolClient, half: number): Promise<number> => {
  await client.query('begin');
  const {
    rows: [lock],
  } = await client.query<{ mine: boolean }>('select pg_try_advisory_xact_lock(4711, $1) as mine', [half]);
  const { rows } = lock?.mine
    ? await client.query<Row>({
        name: 'claim',
        text: `select lane, position, message_id, aggregate_id, type, envelope::text as envelope from outbox
          where lane between $1 and $1 + 7 and parked_at is null order by lane, position limit $2`,
        values: [half * 8, BATCH],
      })
    : { rows: [] };
  // at most one event of an aggregate in flight
  const first = [...new Map(rows.toReversed().map((row) => [row.aggregate_id, row])).values()];
  await Promise.all(first.map(publish));
  if (first.length > 0)
    await client.query({
      name: 'move',
      text: `with done as (
          delete from outbox using unnest($1::smallint[], $2::bigint[]) as d(lane, position)
          where outbox.lane = d.lane and outbox.position = d.position returning outbox.*)
        insert into outbox_published (position, message_id, aggregate_id, sequence, type, lane, envelope, created_at, published_at)
        select position, message_id, aggregate_id, sequence, type, lane, envelope, created_at, clock_timestamp() from done`,
      values: [first.map(({ lane }) => lane), first.map(({ position }) => position)],
    });
  await client.query('commit');
  return first.length;
};

const listener = new pg.Client({ connectionString: DATABASE_URL });
let announced = 0;
listener.on('notification', () => (announced += 1));
await listener.connect();
await listener.query(`listen ${LISTEN_CHANNEL}`);

const relayForEver = async (half: number): Promise<void> => {
  const client = await pool.connect();
  for (;;) {
    const seen = announced;
    const published = await relayOnce(client, half);
    if (published === 0 && seen === announced) await Promise.race([once(listener, 'notification'), pause(2_000)]);
  }
};

console.log('ready');
await Promise.all([0, 1].map(relayForEver));
