import type { Traces } from './outbox-traces.ts';

/** Distinct traces, with how often and where first each was seen. */
export type Counted = { readonly steps: string; times: number; readonly first: string };

export type CountedTraces = { readonly leftOut: number; readonly traces: readonly Counted[] };

export const createCounts = () => {
  const bySteps = new Map<string, Counted>();
  let leftOut = 0;
  return {
    add: (seen: Traces, where: string): void => {
      leftOut += seen.leftOut;
      for (const { steps, subject } of seen.traces) {
        const counted = bySteps.get(steps) ?? { steps, times: 0, first: `${where} ${subject}` };
        counted.times += 1;
        bySteps.set(steps, counted);
      }
    },
    all: (): CountedTraces => ({ leftOut, traces: [...bySteps.values()] }),
  };
};
