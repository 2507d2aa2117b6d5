import { sessionEventsQueue, type Envelope } from '@mentor-sessions/contracts';
import type { Job, Sample } from '../harness/job.ts';
import { atRate, until, watchArrivals } from '../harness/load.ts';
import { perEvent, perEventMetrics, startMeter } from '../harness/measure/meter.ts';
import { anAcceptance, emptyOutbox, insertOne, outboxIsEmpty } from '../harness/rows.ts';
import { onStage, type Stage } from '../harness/stage.ts';
import { percentiles } from '../harness/statistics.ts';
import type { Scale, World } from '../harness/world.ts';

const sizes: Record<Scale, { sessions: number; due: number; single: number }> = {
  smoke: { sessions: 1_000, due: 300, single: 5 },
  quick: { sessions: 100_000, due: 10_000, single: 100 },
  full: { sessions: 1_000_000, due: 100_000, single: 1_000 },
  long: { sessions: 1_000_000, due: 100_000, single: 1_000 },
};
const PER_SECOND = 50;
const WITHIN_MS = 1_200_000;

/** Scheduled sessions; of the first `$1` the end has passed, the others start in a month and later. */
const wanted = `select gen_random_uuid() as id, n <= $1 as is_past, date_trunc('hour', now()) + case when n <= $1
    then interval '-2 hours' else interval '30 days' + n / 1000 * interval '1 hour' end as start
  from generate_series(1, $2::integer) n`;

const fill = async ({ sessions }: Stage, { scale }: World): Promise<void> => {
  const { due, sessions: count } = sizes[scale];
  await sessions.query(
    `insert into accepted_bookings (booking_id, session_id, message_id, content_hash, listing_id, mentor_profile_id,
       mentee_user_id, start_time, end_time, accepted_at, accepted_by)
     select id, id, id, sha256('of no interest'), id, id, id, start, start + interval '1 hour', start - interval '9 days', id
     from (${wanted}) wanted`,
    [due, count],
  );
  await sessions.query(
    `insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
     select session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time
     from accepted_bookings`,
  );
  await sessions.query(
    `update timers set due_at = start_time - interval '1 day' from sessions where id = aggregate_id`,
  );
  await sessions.query(`delete from timers where due_at < now()`);
};

/** Ordinary events at 50/s; returns for each the time (ms) from its commit until it is in the queue of the bookings service. */
const measureLag = async ({ sessions, broker }: Stage, count: number): Promise<number[]> => {
  const { arrivedAt, close } = await watchArrivals(broker, sessionEventsQueue.name);
  const events = Array.from({ length: count }, (_, n): Envelope => ({ ...anAcceptance(n), type: 'session.scheduled' }));
  const lags: Promise<number>[] = [];
  await atRate(PER_SECOND, count, async (n) => {
    const event = events[n] as Envelope;
    await insertOne(sessions, event);
    const committedAt = performance.now();
    const lagOf = () => (arrivedAt.get(event.id) ?? Infinity) - committedAt;
    lags.push(until(() => arrivedAt.has(event.id), 60_000, 1).then(lagOf));
  });
  const all = await Promise.all(lags);
  await close();
  return all;
};

const becomeDue = `insert into timers (aggregate_id, due_at) select id, now() from sessions where end_time < now()`;
const publishAgain = `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
  select gen_random_uuid(), aggregate_id, sequence, type, lane, envelope from outbox_published
  where type = 'session.start-overdue'`;

const round = async (world: World, stage: Stage): Promise<Sample> => {
  const { due, single } = sizes[world.scale];
  const { sessions } = stage;
  await sessions.query('truncate timer_events');
  await emptyOutbox(sessions);
  await stage.emptyNews();
  await sessions.query('vacuum analyze');
  const relay = await stage.start('sessions relay');
  const isAllOut = async (): Promise<boolean> => {
    const { rows } = await sessions.query('select from timers where due_at <= now() limit 1');
    return rows.length === 0 && (await outboxIsEmpty(sessions));
  };
  /** From the commit of a statement that creates `count` events until all of them are published. */
  const measure = async (statement: string, count: number, meanwhile: () => Promise<unknown>) => {
    await world.checkpoint();
    const stop = startMeter(world, [relay]);
    await sessions.query(statement);
    await sessions.query('notify outbox');
    const busy = meanwhile();
    if (!(await until(isAllOut, WITHIN_MS, 200))) throw new Error('not all were published');
    const measured = stop();
    await busy;
    return perEvent(measured, count);
  };
  try {
    await measureLag(stage, single); // compiles the code
    const idle = percentiles('lag', await measureLag(stage, single));
    let busy: Record<string, number> = {};
    const timed = await measure(becomeDue, due + single, async () => {
      await until(async () => (await sessions.query('select from timer_events limit 1')).rows.length > 0, 30_000);
      busy = percentiles('busy', await measureLag(stage, single));
    });
    const published = await sessions.query<{ count: number }>('select count(*)::integer as count from timer_events');
    if (published.rows[0]?.count !== due) throw new Error(`${published.rows[0]?.count} of ${due} were published`);
    const relayed = await measure(publishAgain, due, async () => undefined);
    const ratio = (name: 'P50' | 'P99') => (busy[`busy${name}`] ?? NaN) / (idle[`lag${name}`] ?? NaN);
    return {
      ...timed,
      seconds: (due + single) / timed.rate,
      relayCpu: relayed.cpu,
      cost: timed.cpu / relayed.cpu,
      ...idle,
      ...busy,
      ratioP50: ratio('P50'),
      ratioP99: ratio('P99'),
    };
  } finally {
    await relay.stop();
  }
};

export const timersJob: Job = {
  name: 'timers',
  title: `Of a million sessions, the end of 100,000 passes in the same moment: until session.start-overdue of each is published, with ordinary events at ${PER_SECOND}/s and without. Then the same rows by the relay alone.`,
  metrics: {
    seconds: { title: 'time to publish all', unit: 's', isCharted: true },
    ...perEventMetrics(),
    relayCpu: { title: 'CPU, the relay alone', unit: 'µs each' },
    cost: { title: 'CPU, to the relay alone', unit: '×', isCharted: true },
    lagP50: { title: 'lag of ordinary events, nothing due, p50', unit: 'ms' },
    lagP99: { title: 'p99', unit: 'ms' },
    busyP50: { title: 'lag meanwhile, p50', unit: 'ms' },
    busyP99: { title: 'p99', unit: 'ms' },
    ratioP50: { title: 'lag meanwhile, to that with nothing due, p50', unit: '×', isCharted: true },
    ratioP99: { title: 'p99', unit: '×' },
  },
  candidates: () => [onStage({ name: 'mentor-sessions', kind: 'ours' }, { round, prepare: fill })],
  goals: [
    { metric: 'ratioP50', isAbsolute: true, atMost: 2 },
    { metric: 'cost', isAbsolute: true, atMost: 3 },
  ],
  isLong: true,
};
