import type { Random } from '../../random.ts';
import type { PublishFate } from '../broker/types.ts';
import type { StatementFate } from '../store/store.ts';

/** The kinds of faults. */
export const faultKinds = [
  'process killed',
  'process stopped and started',
  'process paused',
  'broker connection cut',
  'broker connection black-holed',
  'store connection cut',
  'store connection black-holed',
  'channel closed by the broker',
  'queue deleted',
  'exchange deleted',
  'binding removed',
  'broker alarm',
  'broker away',
  'store away',
  'hostile message',
] as const;
export type FaultKind = (typeof faultKinds)[number];

const publishFates: readonly PublishFate[] = ['nacked', 'nacked although taken', 'never confirmed', 'confirmed late'];
const statementFates: readonly StatementFate[] = [
  'deadlock',
  'timeout',
  'terminated',
  'done, answer lost',
  'disk full',
];

type Likely<Fate> = readonly (readonly [Fate, number])[];

/** The faults of one history: a random subset, each at its own rate (swarm testing), so that frequent faults do not hide others. */
export type Swarm = {
  /** Per second of virtual time. */
  readonly rates: readonly (readonly [FaultKind, number])[];
  readonly publish: Likely<PublishFate>;
  readonly statement: Likely<StatementFate>;
  readonly deafness: number;
  readonly impatience: number;
  readonly handlerFailures: number;
  readonly deliveryLimit: number;
  readonly batchSize: number;
  /** How many processes start late. */
  readonly lateStarts: number;
  readonly faultsEndAt: number;
  readonly relays: { readonly bookings: number; readonly sessions: number };
  /** For each relay: parallel transactions, and its poll interval. */
  readonly concurrency: number;
  readonly pollMs: number;
  readonly consumers: number;
  readonly bookings: number;
};

export const calm: Swarm = {
  rates: [],
  publish: [],
  statement: [],
  deafness: 0,
  impatience: 0,
  handlerFailures: 0,
  deliveryLimit: 20,
  batchSize: 100,
  lateStarts: 0,
  faultsEndAt: 2_000,
  relays: { bookings: 1, sessions: 1 },
  concurrency: 2,
  pollMs: 2_000,
  consumers: 1,
  bookings: 3,
};

/** From a sixtieth of the highest rate, log-uniform. */
const some = <T>(random: Random, from: readonly T[], highest: number): (readonly [T, number])[] =>
  from.filter(() => random.chance(0.3)).map((one) => [one, highest * 60 ** -random.next()] as const);

export const drawSwarm = (random: Random): Swarm => ({
  rates: some(random, faultKinds, 3),
  publish: some(random, publishFates, 0.3),
  statement: random.chance(0.6) ? some(random, statementFates, 0.1) : [],
  deafness: random.chance(0.3) ? random.next() : 0,
  impatience: random.chance(0.5) ? random.next() * 0.05 : 0,
  handlerFailures: random.chance(0.3) ? random.next() * 0.5 : 0,
  deliveryLimit: random.pick([1, 1, 2, 20]),
  batchSize: random.pick([1, 2, 100]),
  lateStarts: random.chance(0.5) ? random.next() : 0,
  faultsEndAt: random.int(1_000, 6_000),
  relays: { bookings: random.pick([1, 1, 1, 2]), sessions: random.pick([1, 1, 1, 2, 3]) },
  concurrency: random.int(1, 2),
  pollMs: random.pick([2_000, 10_000]),
  consumers: random.pick([1, 1, 1, 2, 3]),
  bookings: random.int(1, 4),
});

export const drawFate = <Fate>(random: Random, likely: Likely<Fate>, fine: Fate): Fate => {
  for (const [fate, probability] of likely) if (random.chance(probability)) return fate;
  return fine;
};
