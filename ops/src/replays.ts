import { setTimeout as pause } from 'node:timers/promises';
import { askBoth, byService, type Act, type Databases, type Service } from './databases.ts';
import type { DeadLetter } from './dead-letters.ts';

/** A replay that was asked for; a consumer of the letter's queue does it. */
export type RequestedReplay = { readonly service: Service; readonly id: number };

export type ReplayResults = {
  /** It had its effect now. */
  readonly handled: number;
  /** It had had its effect before. */
  readonly duplicate: number;
  /** It could not be handled again; `detail` is the new reason and what was said of it. */
  readonly dead: readonly { readonly deadLetterId: string; readonly detail: string }[];
  /** It was discarded meanwhile. */
  readonly withdrawn: number;
  /** No consumer has come to it yet. */
  readonly waiting: number;
};

type Letter = Pick<DeadLetter, 'service' | 'id'>;

const request = 'select replay::float8 as id from dead_letters_replay($1, $2, $3) as replay';

/** Returns at once. What is resolved, or waits for its replay already, is left out. */
export const requestReplays = async (
  databases: Databases,
  letters: readonly Letter[],
  act: Act,
): Promise<RequestedReplay[]> => {
  const requested: RequestedReplay[] = [];
  for (const { db, service, items } of byService(databases, letters)) {
    const rows = await db.query<{ id: number }>(request, [items.map(({ id }) => id), act.operator, act.reason]);
    requested.push(...rows.map(({ id }) => ({ service, id })));
  }
  return requested;
};

type Row = {
  readonly outcome: keyof ReplayResults | null;
  readonly detail: string | null;
  readonly deadLetterId: string;
};

const results = `select outcome, detail, dead_letter_id as "deadLetterId" from replays where id = any($1::bigint[])`;

export const readReplayResults = async (
  databases: Databases,
  requested: readonly RequestedReplay[],
): Promise<ReplayResults> => {
  const rows = await askBoth(databases, (db, service) =>
    db.query<Row>(results, [requested.filter((one) => one.service === service).map(({ id }) => id)]),
  );
  const count = (outcome: Row['outcome']): number => rows.filter((row) => row.outcome === outcome).length;
  const dead = rows.filter(({ outcome }) => outcome === 'dead');
  return {
    handled: count('handled'),
    duplicate: count('duplicate'),
    dead: dead.map(({ deadLetterId, detail }) => ({ deadLetterId, detail: detail ?? '' })),
    withdrawn: count('withdrawn'),
    waiting: count(null),
  };
};

export type Replaying = {
  readonly act: Act;
  /** Letters for each second; default: as fast as the consumer does them. */
  readonly rate?: number | undefined;
  /** How long to wait while nothing happens, as when no consumer runs. */
  readonly patienceSeconds: number;
  readonly onProgress?: (results: ReplayResults) => void;
};

const CHUNK = 1_000;
const LOOK_MS = 200;

/** Asks for replays and waits for their results; what waits still at the end is done when a consumer comes. */
export const replayDeadLetters = async (
  databases: Databases,
  letters: readonly Letter[],
  { act, rate, patienceSeconds, onProgress }: Replaying,
): Promise<ReplayResults> => {
  const requested: RequestedReplay[] = [];
  for (let at = 0; at < letters.length; at += rate ?? CHUNK) {
    if (at > 0 && rate) await pause(1_000);
    requested.push(...(await requestReplays(databases, letters.slice(at, at + (rate ?? CHUNK)), act)));
    onProgress?.(await readReplayResults(databases, requested));
  }
  let lastProgress = performance.now();
  let seen = await readReplayResults(databases, requested);
  while (seen.waiting > 0 && performance.now() - lastProgress < patienceSeconds * 1_000) {
    await pause(LOOK_MS);
    const now = await readReplayResults(databases, requested);
    if (now.waiting < seen.waiting) lastProgress = performance.now();
    seen = now;
    onProgress?.(seen);
  }
  return seen;
};
