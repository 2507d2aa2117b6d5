import { setTimeout as sleep } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';
import type { Queryable, Statement } from './database/connection.ts';

export { countTransitions, type CountTransition } from './metrics/transition-metrics.ts';

type Sampling = {
  /** A younger value is returned without reading again. */
  readonly everySeconds: number;
  /** How long callers wait for a new value before they get the previous one. */
  readonly patienceMs?: number;
};

/**
 * For values that need a query: calls `read` at most every so often, however many callers there are, and never twice at
 * once. Null: it failed, or has not returned yet.
 */
export const sampled = <T>(
  read: () => Promise<T>,
  { everySeconds, patienceMs = 1_000 }: Sampling,
): (() => Promise<T | null>) => {
  let last: T | null = null;
  let askedAt = -Infinity;
  let asking: Promise<void> | null = null;

  const ask = async (): Promise<void> => {
    askedAt = performance.now();
    last = await read().catch(() => null);
    asking = null;
  };

  return async () => {
    if (!asking && performance.now() - askedAt > everySeconds * 1_000) asking = ask();
    if (asking) await Promise.race([asking, sleep(patienceMs, undefined, { ref: false })]);
    return last;
  };
};

/** A gauge that is read whenever metrics are collected. */
export const gauge = (registry: Registry, name: string, help: string, read: () => number | Promise<number>): void => {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      this.set(await read());
    },
  });
};

type SampledGauges = {
  readonly registry: Registry;
  readonly database: Queryable;
  readonly everySeconds: number;
  /** Returns one row, with a column for each gauge. */
  readonly statement: Statement | string;
  /** Name → help. */
  readonly gauges: Readonly<Record<string, string>>;
};

/** Gauges from one query; NaN while it fails. Returns what they read. */
export const sampledGauges = ({ registry, database, everySeconds, statement, gauges }: SampledGauges) => {
  const sample = sampled(async () => (await database.query<Record<string, number>>(statement))[0], { everySeconds });
  for (const [name, help] of Object.entries(gauges))
    gauge(registry, name, help, async () => (await sample())?.[name] ?? NaN);
  return sample;
};
