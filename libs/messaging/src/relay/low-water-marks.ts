import type { Queryable, Statement } from '@mentor-sessions/service-kit/database';
import { LANE_COUNT } from '../outbox/lane.ts';

/** For each lane the least position (bigint as text) at which a claim need look; `life` tells of which outbox they are. */
export type Marks = { readonly byLane: readonly string[]; readonly life: string | null };

export const noMarks: Marks = { byLane: Array.from({ length: LANE_COUNT }, () => '0'), life: null };

export type LowWaterMarks = {
  current(): Marks;
  /**
   * To be called again and again; does something at most every so often, and nothing while there is no news: a first look
   * notes how far it goes, a later one raises the marks. `hasPublished`: rows were published since the last call.
   */
  raise(hasPublished: boolean): Promise<void>;
  /** Claims look from the start again. */
  forget(): void;
};

/** The last position (bigint as text) that was given out, and the transactions that could still insert at or below it. */
type Horizon = { readonly life: string; readonly upto: string; readonly writers: readonly string[] };

const horizon: Statement = { name: 'outbox-horizon', text: 'select life, upto, writers from outbox_horizon()' };

const newMarks: Statement = {
  name: 'outbox-low-water-marks',
  text: 'select outbox_low_water_marks($1, $2, $3) as marks',
};

const FROM_THE_START_MS = 600_000;

/**
 * Published rows leave dead entries in the index, which nobody may remove while somebody's old transaction could still see
 * them, and each claim would walk over all of them. Below a low-water mark no row is and none will ever be: none is left
 * there, and the transactions that were inserting when those positions had been given out have ended since. So no event
 * whose commit was slow can lie below, to be overtaken by the next one of its aggregate.
 *
 * Every ten minutes it is looked from the start: what this reasoning has overlooked would be late, and not lost.
 */
export const createLowWaterMarks = (database: Queryable, everyMs: number): LowWaterMarks => {
  let marks = noMarks;
  let unsettled: Horizon | undefined;
  let hasNews = true; // what was published before this relay was there
  let updatedAt = -Infinity;
  let fromTheStartAt = performance.now();

  const isTimeForTheStart = (): boolean => performance.now() - fromTheStartAt > FROM_THE_START_MS;

  const highest = (): bigint => marks.byLane.map(BigInt).reduce((a, b) => (a > b ? a : b));

  const update = async (): Promise<void> => {
    const news = hasNews;
    hasNews = false;
    const [now] = await database.query<Horizon>(horizon);
    if (!now) return;
    if (now.life !== marks.life || highest() > BigInt(now.upto) + 1n) {
      marks = { ...noMarks, life: now.life };
      unsettled = undefined;
    }
    if (isTimeForTheStart()) {
      await take({ fromTheStart: true, upto: null });
      fromTheStartAt = performance.now();
    }
    if (unsettled?.writers.every((writer) => !now.writers.includes(writer))) {
      await take({ fromTheStart: false, upto: unsettled.upto });
      unsettled = undefined;
    }
    if (unsettled) hasNews ||= news;
    else if (news) unsettled = now;
  };

  const take = async ({ fromTheStart, upto }: { fromTheStart: boolean; upto: string | null }): Promise<void> => {
    const [row] = await database.query<{ marks: string[] }>(newMarks, [marks.byLane, upto, fromTheStart]);
    if (row) marks = { ...marks, byLane: row.marks };
  };

  return {
    current: () => marks,
    forget: () => {
      marks = noMarks;
      unsettled = undefined;
      hasNews = true;
    },
    raise: async (hasPublished) => {
      hasNews ||= hasPublished;
      if (!hasNews && !unsettled && !isTimeForTheStart()) return;
      if (performance.now() - updatedAt < everyMs) return;
      updatedAt = Infinity; // while one loop looks no other does
      await update().finally(() => (updatedAt = performance.now()));
    },
  };
};
