import type { Queryable, Statement } from '@mentor-sessions/service-kit/database';
import { LANE_COUNT } from '../schema/outbox-schema.ts';

/** For each lane the least position (bigint as text) at which a claim need look; `life` tells of which outbox they are. */
export type Marks = { readonly byLane: readonly string[]; readonly life: string | null };

const atTheStart: readonly string[] = Array.from({ length: LANE_COUNT }, () => '0');
export const noMarks: Marks = { byLane: atTheStart, life: null };

export type LowWaterMarks = {
  current(): Marks;
  /** Rows whose move is committed. */
  published(rows: readonly { readonly lane: number; readonly position: string }[]): void;
  /** Raises the marks, if it is time and there is anything to raise them for: a first look notes how far it goes, a later one raises them. */
  raise(): Promise<void>;
};

/** Whoever inserts holds this lock from before a position is given out until the commit is seen by all. */
const whoWrites: Statement = {
  name: 'outbox-writers',
  text: `select outbox_life() as life, coalesce(array_agg(virtualtransaction), '{}') as writers from pg_locks
    where locktype = 'relation' and mode = 'RowExclusiveLock' and relation = 'outbox'::regclass
      and database = (select oid from pg_database where datname = current_database())`,
};

const raised: Statement = { name: 'outbox-low-water-marks', text: 'select outbox_low_water_marks($1, $2) as marks' };

type Seen = { readonly reached: readonly string[]; readonly writers: readonly string[] };

const FROM_THE_START_MS = 600_000;

/**
 * Published rows leave dead entries in the index, which nobody may remove while somebody's old transaction could still see
 * them, and each claim would walk over all of them. Below a low-water mark no row is and none will ever be: all below it
 * were published, and the transactions that were inserting when those positions were reached have ended since. So no event
 * whose commit was slow can lie below, to be overtaken by the next one of its aggregate.
 *
 * Every ten minutes the marks are taken from the start: what this reasoning has overlooked would be late, and not lost.
 */
export const createLowWaterMarks = (database: Queryable, everyMs: number): LowWaterMarks => {
  let marks = noMarks;
  let reached = atTheStart;
  let noted = reached;
  let seen: Seen | undefined;
  let lookedAt = -Infinity;
  let fromTheStartAt = performance.now();

  const look = async (): Promise<void> => {
    const before = reached; // before it is asked who writes: those who come later get greater positions
    const [now] = await database.query<{ life: string; writers: string[] }>(whoWrites);
    if (!now) return;
    if (now.life !== marks.life) {
      marks = { ...noMarks, life: now.life };
      reached = noted = atTheStart;
      seen = undefined;
      return;
    }
    if (seen?.writers.every((writer) => !now.writers.includes(writer))) {
      marks = { ...marks, byLane: await raisedTo(seen.reached) };
      seen = undefined;
    }
    if (seen || before === noted) return;
    seen = { reached: before, writers: now.writers };
    noted = before;
  };

  const raisedTo = async (settled: readonly string[]): Promise<readonly string[]> => {
    const isFromTheStart = performance.now() - fromTheStartAt > FROM_THE_START_MS;
    if (isFromTheStart) fromTheStartAt = performance.now();
    const from = isFromTheStart ? atTheStart : marks.byLane;
    const [row] = await database.query<{ marks: string[] }>(raised, [settled, from]);
    return row?.marks ?? atTheStart;
  };

  return {
    current: () => marks,
    published: (rows) => {
      if (rows.length === 0) return;
      const further = [...reached];
      for (const { lane, position } of rows) further[lane] = position;
      reached = further;
    },
    raise: async () => {
      const hasWork = seen !== undefined || reached !== noted;
      if (!hasWork || performance.now() - lookedAt < everyMs) return;
      lookedAt = Infinity; // while somebody looks nobody else does
      await look().finally(() => (lookedAt = performance.now()));
    },
  };
};
