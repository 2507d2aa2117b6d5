import type { Database } from '@mentor-sessions/service-kit/database';
import { openLockWatch } from './blocked.ts';
import { intercept, openDatabase, rewriting, type Rewrite } from './connection.ts';
import { enumerate, ordersOf, serially, type Choose } from './enumerate.ts';
import { announceArrival, interleave, newArrivals, type Act, type Interleaving } from './interleave.ts';
import { answerOf, named, type Answer, type Names } from './outcome.ts';
import { createTurnstile } from './turnstile.ts';

/** One race on fresh rows. */
export type Race = {
  readonly acts: Readonly<Record<string, Act>>;
  readonly names: Names;
  /** All rows that it could have changed, read afterwards. */
  readonly rows: () => Promise<unknown>;
  /** Treats an autocommit write as one step instead of two, because three actors would have too many interleavings. */
  readonly wholeWrites?: boolean;
};

/** Creates the rows for one race; `database` has no turnstile. */
export type Scenario = (database: Database) => Promise<Race>;

export type Exploration = {
  readonly interleavings: number;
  /** Interleavings in which an actor waited for another's lock. */
  readonly withLockWaits: number;
  /** The actors' results, each combination once. */
  readonly answers: readonly string[];
  /** Number of outcomes (results and rows) of the serial executions. */
  readonly serialOutcomes: number;
  /** Interleavings whose outcome no serial execution has. */
  readonly unlawful: readonly Unlawful[];
};

export type Unlawful = { readonly steps: readonly string[]; readonly outcome: Outcome };

type Outcome = { readonly answers: Readonly<Record<string, Answer>>; readonly rows: unknown };
type Ended = Interleaving<Answer> & { readonly outcome: Outcome };

/** Runs the actors of a scenario one after the other in every order, and then in every interleaving of their statements. */
export const explore = async (url: string, scenario: Scenario, planted?: Rewrite): Promise<Exploration> => {
  const lawful = await inLine(url, scenario, async ({ run, names }) => {
    const outcomes = new Set<string>();
    for (const order of ordersOf(names)) outcomes.add(JSON.stringify((await run(serially(order))).outcome));
    return outcomes;
  });
  return inLine(url, scenario, ({ run }) => everyInterleaving(run, lawful), planted);
};

const everyInterleaving = async (
  run: (choose: Choose) => Promise<Ended>,
  lawful: ReadonlySet<string>,
): Promise<Exploration> => {
  const answers = new Set<string>();
  const unlawful: Unlawful[] = [];
  let withLockWaits = 0;
  const interleavings = await enumerate(async (choose) => {
    const ended = await run(choose);
    const { outcome, steps } = ended;
    answers.add(sayAnswers(outcome));
    if (ended.lockWaits > 0) withLockWaits += 1;
    if (!lawful.has(JSON.stringify(outcome))) unlawful.push({ steps, outcome });
  });
  return { interleavings, withLockWaits, answers: [...answers].toSorted(), serialOutcomes: lawful.size, unlawful };
};

const sayAnswers = ({ answers }: Outcome): string =>
  Object.entries(answers)
    .map(([name, { said }]) => `${name}: ${said}`)
    .join(', ');

type Line = { readonly run: (choose: Choose) => Promise<Ended>; readonly names: readonly string[] };

/** With one turnstile for each actor. */
const inLine = async <T>(
  url: string,
  scenario: Scenario,
  work: (line: Line) => Promise<T>,
  rewrite?: Rewrite,
): Promise<T> => {
  const database = openDatabase(url);
  if (rewrite) await intercept(database, rewriting(rewrite));
  const locks = openLockWatch(url);
  const arrivals = newArrivals();
  const { acts, wholeWrites = false } = await scenario(database);
  const names = Object.keys(acts);
  const turnstiles = await Promise.all(
    names.map(() => createTurnstile({ url, rewrite, wholeWrites, onArrival: () => announceArrival(arrivals) })),
  );
  const run = async (choose: Choose): Promise<Ended> => {
    const race = await scenario(database);
    const ended = await interleave({ ...race, turnstiles, arrivals, locks, toAnswer: answerOf }, choose);
    const outcome = { answers: ended.answers, rows: await race.rows() };
    return { ...ended, outcome: named(outcome, race.names) as Outcome };
  };
  try {
    return await work({ run, names });
  } finally {
    await Promise.all([database, locks, ...turnstiles].map(({ close }) => close()));
  }
};
