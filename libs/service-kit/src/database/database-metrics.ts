import type pg from 'pg';
import { Counter, Histogram, type Registry } from 'prom-client';
import { OutcomeUnknown, Unavailable } from '../errors.ts';
import { gauge } from '../metrics.ts';
import { isRetryable } from './errors.ts';
import { watchStatements } from './connection.ts';

/** Durations and errors of the statements that go through a pool, and the pool itself. */
export const databaseMetrics = (pool: pg.Pool, registry: Registry): void => {
  poolGauges(pool, registry);
  const durations = new Histogram({
    name: 'database_query_duration_seconds',
    help: 'from sending a statement to its result, by name',
    labelNames: ['statement'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  const errors = new Counter({
    name: 'database_errors_total',
    help: 'failed statements and connections, by kind of failure',
    labelNames: ['kind'],
    registers: [registry],
  });
  const kinds = ['unavailable', 'contention', 'refused'] as const;
  for (const kind of kinds) errors.inc({ kind }, 0);
  const kindOf = (error: unknown): (typeof kinds)[number] => {
    if (error instanceof Unavailable || error instanceof OutcomeUnknown) return 'unavailable';
    return isRetryable(error) ? 'contention' : 'refused';
  };
  watchStatements(pool, {
    answered: (name, ms) => durations.observe({ statement: name }, ms / 1_000),
    failed: (error) => errors.inc({ kind: kindOf(error) }),
  });
};

const poolGauges = (pool: pg.Pool, registry: Registry): void => {
  gauge(registry, 'database_pool_connections', 'open connections of the pool', () => pool.totalCount);
  gauge(registry, 'database_pool_idle_connections', 'idle connections of the pool', () => pool.idleCount);
  gauge(registry, 'database_pool_max_connections', 'connections that the pool may open', () => pool.options.max);
  const waiting = 'callers waiting for a connection of the pool';
  gauge(registry, 'database_pool_waiting_requests', waiting, () => pool.waitingCount);
};
