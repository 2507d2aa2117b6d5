import { messagingRetention } from '@mentor-sessions/messaging';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { keyRetention } from '@mentor-sessions/service-kit/forget-keys';
import pg from 'pg';
import type { Stage } from '../../harness/stage.ts';

const CLOCK = 'clock_timestamp()';

/** The role's connection, on which it is that time. */
const connectionAt = (pool: pg.Pool, at: Date): Queryable => ({
  query: async <Row extends object>(statement: unknown, values: readonly unknown[] = []) => {
    if (typeof statement !== 'string' || !statement.includes(CLOCK))
      throw new Error(`asks no clock: ${JSON.stringify(statement)}`);
    return (await pool.query<Row & pg.QueryResultRow>(statement.replace(CLOCK, `'${at.toISOString()}'`), [...values]))
      .rows;
  },
});

/** What the retention role does in one pass, by its own tasks and as itself, on a clock that can be moved on. */
export const openRetention = ({ stack }: Stage, keepDays: number) => {
  const pool = new pg.Pool({ connectionString: stack.sessions.retentionDatabaseUrl, max: 1 });
  const tasks = [...messagingRetention({ publishedDays: keepDays, inboxDays: keepDays }), keyRetention(24)];
  return {
    pass: async (at: Date): Promise<void> => {
      const connection = connectionAt(pool, at);
      for (const { removeSome } of tasks) while ((await removeSome(connection)) > 0);
      await pool.query('select pg_stat_force_next_flush()'); // autovacuum is to see what was removed
    },
    close: () => pool.end(),
  };
};
