import type { Candidate, Job, Sample } from '../harness/job.ts';
import { load, openConnection } from '../harness/load.ts';
import { stopAll } from '../harness/processes.ts';
import { onStage, type Stage } from '../harness/stage.ts';
import { percentiles } from '../harness/statistics.ts';
import type { Scale, World } from '../harness/world.ts';
import { acceptRequests, mentors, onlyDrafts } from './http.ts';

const sizes: Record<Scale, { warm: number; requests: number }> = {
  smoke: { warm: 100, requests: 200 },
  quick: { warm: 1_000, requests: 3_000 },
  full: { warm: 12_000, requests: 16_000 },
  long: { warm: 12_000, requests: 16_000 },
};

const CONNECTIONS = 50;
const LOCKED_MS = 2_000;

/** The disturbance among the acceptances. */
type Trouble = { readonly overlapping?: number; readonly locksARow?: boolean; readonly replicas?: number };

/**
 * Gives every nth draft the time of its mentor's previous draft, which keeps its own, so that only one of the two can be
 * accepted.
 */
const overlap = async ({ bookings }: Stage, ids: readonly string[], nth: number): Promise<Set<string>> => {
  const isDoubled = (n: number): boolean => {
    const hour = Math.floor(n / mentors.length);
    return hour % 2 === 1 && (n + hour) % (nth / 2) === 0;
  };
  const doubled = ids.filter((_, n) => isDoubled(n));
  const before = doubled.map((id) => ids[ids.indexOf(id) - mentors.length]);
  await bookings.query('alter table bookings disable trigger booking_moves');
  await bookings.query(
    `update bookings b set start_time = taken.start_time, end_time = taken.end_time
     from unnest($1::uuid[], $2::uuid[]) as pair (id, before), bookings taken
     where b.id = pair.id and taken.id = pair.before`,
    [doubled, before],
  );
  await bookings.query('alter table bookings enable trigger booking_moves');
  await bookings.query('vacuum analyze bookings');
  return new Set([...doubled, ...before.flatMap((id) => id ?? [])]);
};

/** Locks one of the requested rows for two seconds. */
const lockARow = async ({ bookings }: Stage, url: string, request: string, id: string): Promise<void> => {
  const client = await bookings.connect();
  await client.query('begin');
  await client.query('select from bookings where id = $1 for update', [id]);
  const connection = openConnection(url);
  const answered = connection.ask(request);
  await client.query(`select pg_sleep(${LOCKED_MS / 1_000})`);
  await client.query('commit');
  client.release();
  await answered;
  connection.close();
};

const round = async (world: World, stage: Stage, trouble: Trouble): Promise<Sample> => {
  const { overlapping, locksARow = false, replicas = 1 } = trouble;
  const { warm, requests } = sizes[world.scale];
  const ids = await onlyDrafts(stage, warm + requests + 1);
  const paired = overlapping ? await overlap(stage, ids, overlapping) : new Set<string>();
  const all = await acceptRequests(stage, ids);
  const apis = await Promise.all(Array.from({ length: replicas }, () => stage.start('bookings api')));
  const urls = apis.map(({ url }) => url);
  const isPaired = new Set(ids.flatMap((id, n) => (paired.has(id) ? [all[n] as string] : [])));
  let doubleBooked = 0;
  const refused = (request: string, status: number): void => {
    if (status !== 409 || !isPaired.has(request)) throw new Error(`answered ${status}: ${request.slice(0, 70)}`);
    doubleBooked += 1;
  };
  try {
    await load(urls, all.splice(0, warm), CONNECTIONS, refused);
    const lockedRequest = all.pop() as string;
    const lock = locksARow ? lockARow(stage, urls[0] as string, lockedRequest, ids.at(-1) as string) : undefined;
    const began = performance.now();
    const latencies = await load(urls, all, CONNECTIONS, refused);
    const seconds = (performance.now() - began) / 1_000;
    await lock;
    return {
      rate: latencies.length / seconds,
      answered: all.length / seconds,
      ...percentiles('latency', latencies),
      doubleBooked,
    };
  } finally {
    await stopAll(apis);
  }
};

const candidate = (name: string, trouble: Trouble): Candidate =>
  onStage({ name, kind: 'ours' }, { round: (world, stage) => round(world, stage, trouble) });

const metrics = {
  rate: { title: 'rate of those that succeed', unit: 'requests/s', isCharted: true },
  answered: { title: 'rate of all answers', unit: 'requests/s', isCharted: true },
  latencyP50: { title: 'p50', unit: 'ms' },
  latencyP99: { title: 'p99', unit: 'ms', isCharted: true },
  doubleBooked: { title: 'answered mentor-double-booked', unit: 'requests' },
};

const clean = 'no trouble';

export const neighboursJob: Job = {
  name: 'neighbours',
  title: `Acceptances over ${CONNECTIONS} connections: alone, with 1 % double bookings among them, and while a row that one of them needs is locked for two seconds.`,
  metrics,
  candidates: () => [
    candidate(clean, {}),
    candidate('1 % double bookings', { overlapping: 100 }),
    candidate('a locked row', { locksARow: true }),
  ],
  goals: ['1 % double bookings', 'a locked row'].flatMap((of) => [
    { metric: 'rate', of, to: clean, atLeast: 0.9 },
    { metric: 'latencyP99', of, to: clean, atMost: 1.5 },
  ]),
};

const nameOf = (replicas: number, isOverlapping: boolean): string =>
  `${replicas} replicas${isOverlapping ? ', many overlaps' : ''}`;

export const apiReplicasJob: Job = {
  name: 'api-replicas',
  title: `Acceptances over ${CONNECTIONS} connections to several replicas of the bookings api: without overlaps, and with every fourth overlapping another.`,
  metrics,
  candidates: () =>
    [2, 4].flatMap((replicas) => [
      candidate(nameOf(replicas, false), { replicas }),
      candidate(nameOf(replicas, true), { replicas, overlapping: 4 }),
    ]),
  goals: [2, 4].map((replicas) => ({
    metric: 'answered',
    of: nameOf(replicas, true),
    to: nameOf(replicas, false),
    atLeast: 0.9,
  })),
  leftOutOf: ['quick'],
};
