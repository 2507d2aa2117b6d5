import { randomUUIDv7 } from 'node:crypto';
import type { Candidate, Job, Sample } from '../harness/job.ts';
import { load, patchRequest } from '../harness/load.ts';
import { startMeter } from '../harness/measure/meter.ts';
import { onStage, type Stage } from '../harness/stage.ts';
import type { Scale, World } from '../harness/world.ts';
import { percentiles } from '../harness/statistics.ts';
import { startFloor, type Started } from './flow.ts';

const id = (kind: string, n: number): string => `01980000-0000-7000-${kind}-${String(n).padStart(12, '0')}`;

export const mentors = Array.from({ length: 100 }, (_, n) => ({
  userId: id('8000', n),
  roles: ['mentor'],
  mentorProfileId: id('9000', n),
}));

const MENTEE = '01980000-0000-7000-a000-000000000000';
const notes = 'I would like to talk about my first year as a tech lead, and how to say no.';
const metadata = JSON.stringify({ campaign: 'spring', source: 'search', plan: 'monthly' });

const newIds = (count: number): string[] => Array.from({ length: count }, () => randomUUIDv7());
const profiles = mentors.map(({ mentorProfileId }) => mentorProfileId);

/** id, mentor (in turn) and time (an hour of the mentor's own) of each. */
const wanted = `unnest($1::uuid[]) with ordinality as wanted(id, n),
  lateral (select ($2::uuid[])[1 + (n - 1) % ${mentors.length}] as mentor,
    date_trunc('day', now()) + interval '1 day' + n / ${mentors.length} * interval '1 hour' as start) as of_it`;

/** Empties the tables and inserts drafts. */
export const onlyDrafts = async ({ bookings }: Stage, count: number): Promise<string[]> => {
  const ids = newIds(count);
  await bookings.query('truncate bookings, booking_transitions, booking_sessions, awaited_sessions, outbox cascade');
  await bookings.query(
    `insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
     select id, mentor, mentor, $3, start, start + interval '1 hour', $4, $5 from ${wanted}`,
    [ids, profiles, MENTEE, notes, metadata],
  );
  await bookings.query('vacuum analyze');
  return ids;
};

/** Empties the tables and inserts sessions in progress; each booking has the id of its session. */
const onlySessionsInProgress = async ({ sessions }: Stage, count: number): Promise<string[]> => {
  const ids = newIds(count);
  await sessions.query('truncate sessions, session_transitions, accepted_bookings, outbox cascade');
  await sessions.query(
    `insert into accepted_bookings (booking_id, session_id, message_id, content_hash, listing_id, mentor_profile_id,
       mentee_user_id, start_time, end_time, accepted_at, accepted_by)
     select id, id, id, sha256('of no interest'), mentor, mentor, $3, start, start + interval '1 hour', now(), mentor
     from ${wanted}`,
    [ids, profiles, MENTEE],
  );
  await sessions.query(
    `insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
     select session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, $1, $2
     from accepted_bookings`,
    [notes, metadata],
  );
  await sessions.query(
    `update sessions set status = 'in_progress', version = 2, started_at = at, updated_at = at, started_by = mentor_profile_id
     from (select date_trunc('milliseconds', clock_timestamp()) as at) as now`,
  );
  await sessions.query('vacuum analyze');
  return ids;
};

const count = 'select count(*)::integer as count';

const acceptedWithEvent = async ({ bookings }: Stage): Promise<number> => {
  const { rows } = await bookings.query<{ count: number }>(
    `${count} from bookings join outbox on message_id = accepted_message_id where status = 'accepted'`,
  );
  return rows[0]?.count ?? 0;
};

const completedWithEvent = async ({ sessions }: Stage): Promise<number> => {
  const { rows } = await sessions.query<{ count: number }>(
    `${count} from sessions s join outbox on aggregate_id = s.id and sequence = version where status = 'completed'`,
  );
  return rows[0]?.count ?? 0;
};

const floorApi = (name: string, service: 'bookings' | 'sessions', script: string): Api => ({
  name,
  kind: 'floor',
  start: (stage) => startFloor(stage, service, script),
});

const ourApi = (service: 'bookings' | 'sessions'): Api => ({
  name: 'mentor-sessions',
  kind: 'ours',
  start: (stage) => stage.start(`${service} api`),
});

/** With an Idempotency-Key on each request. */
const withKeys = 'mentor-sessions, with keys';

const sizes: Record<Scale, { warm: number; requests: Readonly<Record<number, number>> }> = {
  smoke: { warm: 10, requests: { 1: 20, 10: 60, 50: 60 } },
  quick: { warm: 500, requests: { 1: 300, 10: 1_000, 50: 1_500 } },
  full: { warm: 12_000, requests: { 1: 1_500, 10: 6_000, 50: 12_000 } },
  long: { warm: 12_000, requests: { 1: 1_500, 10: 6_000, 50: 12_000 } },
};

const CONNECTIONS = [1, 10, 50] as const;

/** A request for each row, with the token of its mentor; the rows belong to the mentors in turn. */
const requestsFor = async (
  { stack }: Stage,
  ids: readonly string[],
  request: (id: string, token: string) => string,
): Promise<string[]> => {
  const tokens = await Promise.all(mentors.map((mentor) => stack.token(mentor)));
  return ids.map((id, n) => request(id, tokens[n % tokens.length] as string));
};

const acceptPath = (id: string): string => `/bookings/${id}/accept`;

export const acceptRequests = (stage: Stage, ids: readonly string[]): Promise<string[]> =>
  requestsFor(stage, ids, (id, token) => patchRequest(acceptPath(id), token));

/** The request to measure; each one is for another row. */
export type Asked = {
  /** Empties the tables and inserts `count` rows for the request, owned by the mentors in turn; returns their ids. */
  readonly prepare: (stage: Stage, count: number) => Promise<string[]>;
  readonly path: (id: string) => string;
  /** How many rows were changed and have their event. */
  readonly done: (stage: Stage) => Promise<number>;
};

export type Api = Pick<Candidate, 'name' | 'kind'> & {
  readonly start: (stage: Stage) => Promise<Started>;
};

const round = async (world: World, stage: Stage, { api, asked }: { api: Api; asked: Asked }): Promise<Sample> => {
  const { warm, requests } = sizes[world.scale];
  const ids = await asked.prepare(stage, warm + CONNECTIONS.reduce((sum, each) => sum + (requests[each] ?? 0), 0));
  const keyOf = (id: string) => (api.name === withKeys ? id : undefined);
  const all = await requestsFor(stage, ids, (id, token) => patchRequest(asked.path(id), token, keyOf(id)));
  const process = await api.start(stage);
  const sample: Record<string, number> = {};
  try {
    await load(process.url, all.splice(0, warm), 10);
    for (const connections of CONNECTIONS) {
      await world.checkpoint();
      const part = all.splice(0, requests[connections]);
      const stop = startMeter(world, [process]);
      const latencies = await load(process.url, part, connections);
      const { seconds, node, postgres, memory } = stop();
      sample[`rate${connections}`] = part.length / seconds;
      sample[`cpu${connections}`] = (node + postgres) / part.length;
      sample[`node${connections}`] = node / part.length;
      sample[`postgres${connections}`] = postgres / part.length;
      Object.assign(sample, percentiles(`latency${connections}`, latencies), { memory });
    }
    const done = await asked.done(stage);
    if (done !== ids.length) throw new Error(`${done} of ${ids.length} requests had their effect`);
    return sample;
  } finally {
    await process.stop();
  }
};

const metricsOf = (connections: number): Job['metrics'] => {
  const over = `${connections} connection${connections === 1 ? '' : 's'}`;
  return {
    [`rate${connections}`]: { title: `rate, ${over}`, unit: 'requests/s', isCharted: true },
    [`cpu${connections}`]: { title: `CPU, ${over}`, unit: 'µs each', isCharted: true },
    [`node${connections}`]: { title: 'of it Node', unit: 'µs each' },
    [`postgres${connections}`]: { title: 'of it PostgreSQL', unit: 'µs each' },
    [`latency${connections}P50`]: { title: `p50, ${over}`, unit: 'ms' },
    [`latency${connections}P90`]: { title: `p90, ${over}`, unit: 'ms' },
    [`latency${connections}P99`]: { title: `p99, ${over}`, unit: 'ms' },
  };
};

const gatheredFloor = 'floor that gathers';

const httpJob = (about: Pick<Job, 'name' | 'title'>, asked: Asked, apis: readonly Api[]): Job => ({
  ...about,
  metrics: { ...metricsOf(1), ...metricsOf(10), ...metricsOf(50), memory: { title: 'peak memory, Node', unit: 'MiB' } },
  candidates: () => apis.map((api) => onStage(api, { round: (world, stage) => round(world, stage, { api, asked }) })),
  goals: [
    { metric: 'rate50', atLeast: 1.8 },
    { metric: 'cpu50', atMost: 0.5 },
    { metric: 'latency50P99', atMost: 1 },
    { metric: 'rate10', atLeast: 1.3 },
    { metric: 'cpu10', atMost: 0.7 },
    { metric: 'cpu1', atMost: 1.15 },
    { metric: 'latency1P50', atMost: 1.15 },
    { metric: 'rate50', to: gatheredFloor, atLeast: 0.85 },
    { metric: 'rate10', to: gatheredFloor, atLeast: 0.85 },
    { metric: 'rate50', of: withKeys, to: 'mentor-sessions', atLeast: 0.85 },
    { metric: 'rate10', of: withKeys, to: 'mentor-sessions', atLeast: 0.85 },
  ],
});

const apisOf = (service: 'bookings' | 'sessions', script: string): Api[] => [
  floorApi('floor', service, `floor/${script}`),
  floorApi(gatheredFloor, service, `floor/gathered/${script}`),
  ourApi(service),
  { ...ourApi(service), name: withKeys },
];

export const acceptJob = httpJob(
  {
    name: 'accept',
    title:
      'PATCH /bookings/{id}/accept, each of another draft, by a hundred mentors over 1, 10 and 50 kept connections.',
  },
  { prepare: onlyDrafts, path: acceptPath, done: acceptedWithEvent },
  apisOf('bookings', 'accept.ts'),
);

export const completeJob = httpJob(
  {
    name: 'complete',
    title: 'PATCH /sessions/{id}/complete, each of another session, otherwise as accept.',
  },
  { prepare: onlySessionsInProgress, path: (id) => `/sessions/${id}/complete`, done: completedWithEvent },
  apisOf('sessions', 'complete.ts'),
);
