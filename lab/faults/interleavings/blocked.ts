import { openDatabase } from './connection.ts';

// A blocked backend waits for a lock; its activity distinguishes it from one that got the lock and has not woken up yet.
const blocked = {
  name: 'blocked-backends',
  text: `select pid from pg_stat_activity
    where pid = any($1::integer[]) and wait_event_type = 'Lock' and pg_blocking_pids(pid) && $2::integer[]`,
};

/** Uses a connection of its own, with the role of the backends. */
export const openLockWatch = (url: string) => {
  const database = openDatabase(url);
  return {
    /** Returns which of the backends `busy` wait for a lock that one of `all` holds. */
    blockedOf: async (busy: readonly number[], all: readonly number[]) =>
      (await database.query<{ pid: number }>(blocked, [busy, all])).map(({ pid }) => pid),
    close: database.close,
  };
};

export type LockWatch = ReturnType<typeof openLockWatch>;
