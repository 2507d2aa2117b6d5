import { setTimeout as pause } from 'node:timers/promises';
import type { LockWatch } from './blocked.ts';
import type { Choose } from './enumerate.ts';
import type { Turnstile } from './turnstile.ts';

export type Act = (turnstile: Turnstile) => Promise<unknown>;

export type Interleaving<Answer> = {
  readonly steps: readonly string[];
  readonly answers: Readonly<Record<string, Answer>>;
  /** How often an actor waited for another's lock. */
  readonly lockWaits: number;
};

/** Wakes the scheduler when an actor reaches the turnstile or has a result. */
export type Arrivals = { count: number; next: PromiseWithResolvers<void> };

export const newArrivals = (): Arrivals => ({ count: 0, next: Promise.withResolvers() });

export const announceArrival = (arrivals: Arrivals): void => {
  arrivals.count += 1;
  arrivals.next.resolve();
  arrivals.next = Promise.withResolvers();
};

type Runner<Answer> = { readonly name: string; readonly turnstile: Turnstile; answer: Answer | null };

type Race<Answer> = {
  readonly acts: Readonly<Record<string, Act>>;
  readonly turnstiles: readonly Turnstile[];
  readonly arrivals: Arrivals;
  readonly locks: LockWatch;
  readonly toAnswer: (ending: Promise<unknown>) => Promise<Answer>;
};

const ASK_AFTER_MS = 1;

/** Runs the actors concurrently, one step at a time, in the order of `choose`, until all have results. */
export const interleave = async <Answer>(race: Race<Answer>, choose: Choose): Promise<Interleaving<Answer>> => {
  const { acts, turnstiles, arrivals } = race;
  const steps: string[] = [];
  let lockWaits = 0;
  const runners = Object.entries(acts).map(([name, act], seat) => {
    const turnstile = turnstiles[seat];
    if (!turnstile) throw new Error('more actors than turnstiles');
    const runner: Runner<Answer> = { name, turnstile, answer: null };
    void race.toAnswer(act(turnstile)).then((answer) => {
      runner.answer = answer;
      announceArrival(arrivals);
    });
    return runner;
  });
  for (;;) {
    lockWaits += await settled(runners, race);
    const waiting = runners.filter(isWaiting);
    if (waiting.length === 0) break;
    const chosen = choose(waiting.map(({ name }) => name));
    const { turnstile } = waiting.find(({ name }) => name === chosen) ?? raise(`${chosen} does not wait`);
    steps.push(`${chosen}: ${turnstile.waiting()}`);
    turnstile.letThrough();
  }
  return { steps, lockWaits, answers: Object.fromEntries(runners.map(({ name, answer }) => [name, answer as Answer])) };
};

const isWaiting = ({ turnstile }: Runner<unknown>): boolean => turnstile.waiting() !== null;
const isBusy = (runner: Runner<unknown>): boolean => runner.answer === null && !isWaiting(runner);

/**
 * Resolves when every actor waits at the turnstile, has a result, or is blocked by the lock of one
 * that waits there. Returns the number of blocked ones. PostgreSQL ends deadlocks.
 */
const settled = async <Answer>(runners: readonly Runner<Answer>[], { arrivals, locks }: Race<Answer>) => {
  const everybody = runners.map(({ turnstile }) => turnstile.processId);
  for (;;) {
    const { count, next } = arrivals;
    const busy = runners.filter(isBusy);
    if (busy.length === 0) return 0;
    await Promise.race([next.promise, pause(ASK_AFTER_MS)]);
    if (arrivals.count !== count) continue;
    const held = await locks.blockedOf(
      busy.map(({ turnstile }) => turnstile.processId),
      everybody,
    );
    if (arrivals.count === count && held.length === busy.length && runners.some(isWaiting)) return held.length;
  }
};

const raise = (message: string): never => {
  throw new Error(message);
};
