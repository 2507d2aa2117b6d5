import { uuidAt } from '../harness/rows.ts';
import { encodeCursor } from '@mentor-sessions/service-kit/keyset';
import type { Candidate, Job } from '../harness/job.ts';
import { getRequest, load } from '../harness/load.ts';
import { startMeter } from '../harness/measure/meter.ts';
import type { Scale } from '../harness/world.ts';
import { openStage, type Stage } from '../harness/stage.ts';
import { percentiles } from '../harness/statistics.ts';

const nobody = '01980000-0000-7000-8000-000000000000';
/** Mentor in half of the sessions, mentee in half of the others. */
const busy = '01980000-0000-7000-8000-00000000000a';

const tables = ['accepted_bookings', 'sessions'];

/** Inserts `count` accepted bookings and their sessions, an hour apart. Triggers are disabled: the audit is not read. */
const fillSessions = async ({ sessions }: Stage, count: number): Promise<void> => {
  for (const table of tables) await sessions.query(`alter table ${table} disable trigger user`);
  await sessions.query(
    `insert into accepted_bookings (booking_id, session_id, message_id, content_hash, listing_id, mentor_profile_id,
       mentee_user_id, start_time, end_time, accepted_at, accepted_by)
     select id, id, id, sha256('of no interest'), '${nobody}',
       case when n % 2 = 0 then '${busy}' else md5('mentor' || n % 1000)::uuid end,
       case when n % 4 = 1 then '${busy}' else md5('mentee' || n % 1000)::uuid end,
       start, start + interval '1 hour', now(), '${nobody}'
     from (select n, ${uuidAt('clock_timestamp()')} as id from generate_series(1, $1::integer) n) numbered,
       lateral (select timestamptz '2040-01-01 00:00+00' + n * interval '1 hour' as start) as at`,
    [count],
  );
  await sessions.query(
    `insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
     select session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time
     from accepted_bookings`,
  );
  for (const table of tables) await sessions.query(`alter table ${table} enable trigger user`);
  await sessions.query('vacuum analyze');
};

/** The position after four fifths of the list. */
const deepInTheList = async ({ sessions }: Stage, count: number): Promise<{ start: Date; id: string }> => {
  const { rows } = await sessions.query<{ start: Date; id: string }>(
    'select start_time as start, id from sessions order by start_time desc offset $1 limit 1',
    [Math.floor(count * 0.8)],
  );
  return rows[0] as { start: Date; id: string };
};

const sizes: Record<Scale, { few: number; many: number; requests: number }> = {
  smoke: { few: 100, many: 500, requests: 5 },
  quick: { few: 1_000, many: 20_000, requests: 300 },
  full: { few: 1_000, many: 1_000_000, requests: 1_000 },
  long: { few: 1_000, many: 1_000_000, requests: 1_000 },
};

type Page = 'first' | 'deep';
/** Both pages of one size read the same tables; the last candidate closes the stage. */
type Shared = { readonly filled: Promise<Stage>; users: number };

const pageOf = (page: Page, count: number, shared: Map<number, Shared>): Candidate => ({
  name: `${page} page of ${count.toLocaleString('en')}`,
  kind: 'ours',
  setUp: async ({ scale }) => {
    const use = shared.get(count) ?? { filled: openFilled(count), users: 0 };
    shared.set(count, use);
    use.users += 1;
    const stage = await use.filled;
    const token = await stage.stack.token({ userId: busy, roles: ['mentor', 'mentee'], mentorProfileId: busy });
    const cursor = encodeCursor(await deepInTheList(stage, count));
    const request = getRequest(page === 'first' ? '/sessions' : `/sessions?cursor=${cursor}`, token);
    const requests = Array<string>(sizes[scale].requests).fill(request);
    return {
      round: async () => {
        const api = await stage.start('sessions api');
        try {
          await load(api.url, requests, 1);
          const stop = startMeter({ servers: { postgres: null, broker: null } }, [api]);
          const latencies = await load(api.url, requests, 1);
          return { ...percentiles('latency', latencies), node: stop().node / requests.length };
        } finally {
          await api.stop();
        }
      },
      tearDown: async () => {
        use.users -= 1;
        if (use.users === 0) await stage.close();
      },
    };
  },
});

const openFilled = async (count: number): Promise<Stage> => {
  const stage = await openStage();
  await fillSessions(stage, count);
  return stage;
};

const goal = ({ few, many }: { few: number; many: number }): Job['goals'][number] => ({
  metric: 'latencyP50',
  of: `deep page of ${many.toLocaleString('en')}`,
  to: `first page of ${few.toLocaleString('en')}`,
  atMost: 1.5,
});

export const listsJob: Job = {
  name: 'lists',
  title: 'GET /sessions, 20 of the caller’s own, on one connection; deep: from a cursor behind four fifths of them.',
  metrics: {
    latencyP50: { title: 'p50', unit: 'ms', isCharted: true },
    latencyP90: { title: 'p90', unit: 'ms' },
    latencyP99: { title: 'p99', unit: 'ms' },
    node: { title: 'CPU, Node', unit: 'µs each' },
  },
  candidates: (scale) => {
    const { few, many } = sizes[scale];
    const shared = new Map<number, Shared>();
    return [few, many].flatMap((count) => (['first', 'deep'] as const).map((page) => pageOf(page, count, shared)));
  },
  goals: [goal(sizes.full), goal(sizes.quick)],
};
