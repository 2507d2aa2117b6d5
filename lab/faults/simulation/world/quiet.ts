import type { ConsumerOptions, RelayOptions } from '@mentor-sessions/messaging';

const quiet = (): void => undefined;

/** Logs and metrics are discarded; the checks read the state. */
export const log = {
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
  isLevelEnabled: () => false,
} as unknown as RelayOptions['log'];

export const relayMetrics: RelayOptions['metrics'] = { batch: quiet, attempted: quiet };

export const consumerMetrics: ConsumerOptions<unknown>['metrics'] = {
  batch: quiet,
  handled: quiet,
  duplicates: quiet,
  dead: quiet,
};
