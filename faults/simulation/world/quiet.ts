import type { ConsumerOptions, RelayOptions } from '@mentor-sessions/messaging';

const quiet = (): void => undefined;

/** Nobody reads logs and metrics here: the checks read the state. */
export const log = {
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
} as unknown as RelayOptions['log'];

export const relayMetrics = { rows: { inc: quiet } } as unknown as RelayOptions['metrics'];

export const consumerMetrics = {
  messages: { inc: quiet },
  batchSize: { observe: quiet },
} as unknown as ConsumerOptions<unknown>['metrics'];
