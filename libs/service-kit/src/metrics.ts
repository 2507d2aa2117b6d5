import { setTimeout as sleep } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';

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

type Help = Readonly<Record<string, string>>;

type SampledGauges<Names extends Help> = {
  readonly registry: Registry;
  readonly everySeconds: number;
  /** Name → help. */
  readonly gauges: Names;
  /** One query for all of them. */
  readonly read: () => Promise<Readonly<Record<keyof Names, number>> | undefined>;
};

/** Gauges from one query; NaN while it fails. */
export const sampledGauges = <Names extends Help>({ registry, everySeconds, gauges, read }: SampledGauges<Names>) => {
  const sample = sampled(read, { everySeconds });
  for (const [name, help] of Object.entries(gauges)) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set((await sample())?.[name] ?? NaN);
      },
    });
  }
};
