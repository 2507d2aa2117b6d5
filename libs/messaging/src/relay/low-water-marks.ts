import type { Queryable, Statement } from '@mentor-sessions/service-kit/database';
import { LANE_COUNT } from '../outbox/lane.ts';

/** For each lane the lowest position (bigint as text) that a claim must scan; `life` identifies the outbox that they belong to. */
export type Marks = { readonly byLane: readonly string[]; readonly life: string | null };

export const noMarks: Marks = { byLane: Array.from({ length: LANE_COUNT }, () => '0'), life: null };

/** The last position (bigint as text) that was assigned, and the transactions that may still insert at or below it. */
type Horizon = { readonly life: string; readonly upto: string; readonly writers: readonly string[] };

const horizon: Statement = { name: 'outbox-horizon', text: 'select life, upto, writers from outbox_horizon()' };

const newMarks: Statement = {
  name: 'outbox-low-water-marks',
  text: 'select outbox_low_water_marks($1, $2, $3) as marks',
};

const FROM_THE_START_MS = 600_000;

/**
 * Published rows leave dead entries in the index, which VACUUM cannot remove while an old transaction may still see them,
 * and each claim would scan all of them. Below a low-water mark there is no row and never will be: none is left, and the
 * transactions that were inserting when those positions were assigned have ended. So no event with a slow commit can be
 * below, to be overtaken by the next one of its aggregate.
 *
 * Every ten minutes the marks are computed from the start: a row that this reasoning missed would be late, and not lost.
 */
export const createLowWaterMarks = (database: Queryable, everyMs: number) => {
  let marks = noMarks;
  let pending: Horizon | undefined;
  let hasNews = true; // rows may have been published before this relay started
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
      pending = undefined;
    }
    if (isTimeForTheStart()) {
      await take({ fromTheStart: true, upto: null });
      fromTheStartAt = performance.now();
    }
    if (pending?.writers.every((writer) => !now.writers.includes(writer))) {
      await take({ fromTheStart: false, upto: pending.upto });
      pending = undefined;
    }
    if (pending) hasNews ||= news;
    else if (news) pending = now;
  };

  const take = async ({ fromTheStart, upto }: { fromTheStart: boolean; upto: string | null }): Promise<void> => {
    const [row] = await database.query<{ marks: string[] }>(newMarks, [marks.byLane, upto, fromTheStart]);
    if (row) marks = { ...marks, byLane: row.marks };
  };

  return {
    current: (): Marks => marks,
    /** Claims scan from the start again. */
    forget: (): void => {
      marks = noMarks;
      pending = undefined;
      hasNews = true;
    },
    /**
     * To be called after each batch; works at most once per interval, and only when rows were published: one call reads the
     * horizon, a later one raises the marks to it. `hasPublished`: rows were published since the last call.
     */
    raise: async (hasPublished: boolean): Promise<void> => {
      hasNews ||= hasPublished;
      if (!hasNews && !pending && !isTimeForTheStart()) return;
      if (performance.now() - updatedAt < everyMs) return;
      updatedAt = Infinity; // one loop at a time
      await update().finally(() => (updatedAt = performance.now()));
    },
  };
};

export type LowWaterMarks = ReturnType<typeof createLowWaterMarks>;
