import type pg from 'pg';

/** Hears of each statement that goes through a pool. */
export type StatementWatch = {
  /** `name`: as the statement calls itself; begin, commit, rollback, or unnamed. */
  readonly answered: (name: string, ms: number) => void;
  readonly failed: (error: unknown) => void;
};

const watches = new WeakMap<pg.Pool, StatementWatch>();

export const watchStatements = (pool: pg.Pool, watch: StatementWatch): void => void watches.set(pool, watch);

export const watchOf = (pool: pg.Pool): StatementWatch | undefined => watches.get(pool);
