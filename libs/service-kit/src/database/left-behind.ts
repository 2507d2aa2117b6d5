import type pg from 'pg';
import type { Session } from './session.ts';

const leftBehind = new WeakMap<pg.Pool, Set<Session>>();

/** A backend whose answer we did not wait for. It may wait for a standby for as long as that is away. */
export const leaveBehind = (pool: pg.Pool, session: Session | undefined): void => {
  if (!session) return;
  const left = leftBehind.get(pool) ?? new Set();
  leftBehind.set(pool, left.add(session));
};

export const backendsLeftBehind = (pool: pg.Pool): readonly Session[] => [...(leftBehind.get(pool) ?? [])];

export const forgetLeftBehind = (pool: pg.Pool, sessions: readonly Session[]): void => {
  for (const session of sessions) leftBehind.get(pool)?.delete(session);
};
