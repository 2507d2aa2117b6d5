import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

const EVERY_MS = 1;
const WITHIN_MS = 30_000;

/** Asks every millisecond for the sessions of bookings that are expected, and notes when (performance.now) each was there first. */
export const watchSessions = (sessions: pg.Pool) => {
  const expected = new Set<string>();
  const seenAt = new Map<string, number>();
  let watching: Promise<void> | undefined;
  const watch = async (): Promise<void> => {
    const deadline = performance.now() + WITHIN_MS;
    while (expected.size > 0) {
      const { rows } = await sessions.query<{ booking_id: string }>({
        name: 'seen',
        text: 'select booking_id from sessions where booking_id = any($1::uuid[])',
        values: [[...expected]],
      });
      const now = performance.now();
      for (const { booking_id: id } of rows) {
        seenAt.set(id, now);
        expected.delete(id);
      }
      if (now > deadline) throw new Error(`${expected.size} sessions never came`);
      await pause(EVERY_MS);
    }
    watching = undefined;
  };
  return {
    expect: (bookingId: string): void => {
      expected.add(bookingId);
      watching ??= watch();
    },
    /** When all that was expected is there. */
    all: async (): Promise<ReadonlyMap<string, number>> => {
      await watching;
      return seenAt;
    },
  };
};
