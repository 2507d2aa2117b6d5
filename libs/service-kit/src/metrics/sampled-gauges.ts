import { Gauge, type Registry } from 'prom-client';
import { sampled } from '../sampled.ts';

type Help = Readonly<Record<string, string>>;

type SampledGauges<Names extends Help> = {
  readonly registry: Registry;
  readonly everySeconds: number;
  /** Name → what it says. */
  readonly gauges: Names;
  /** One question for all of them. */
  readonly read: () => Promise<Readonly<Record<keyof Names, number>> | undefined>;
};

/** Gauges of one query; NaN while it gets no answer. */
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
