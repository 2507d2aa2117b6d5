export { sampledGauges } from './metrics/sampled-gauges.ts';
export { countTransitions, type CountTransition } from './metrics/transition-metrics.ts';
