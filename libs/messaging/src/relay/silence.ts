import type { ChannelModel } from 'amqplib';

export type SilenceWatch = {
  /** Call it for every confirm. */
  heard(): void;
  /** Resolves when the broker has owed a confirm for too long. */
  readonly tooLong: Promise<void>;
  stop(): void;
};

const CHECK_MS = 1_000;

/**
 * A broker may be connected and yet not confirm (a quorum queue without its majority). While it blocks us (memory or
 * disk alarm) silence is its right: the clock stands still.
 */
export const watchSilence = (connection: ChannelModel, isOwed: () => boolean, timeoutMs: number): SilenceWatch => {
  const tooLong = Promise.withResolvers<void>();
  let blocked = false;
  let heardAt = performance.now();
  connection.on('blocked', () => (blocked = true));
  connection.on('unblocked', () => (blocked = false));
  const timer = setInterval(() => {
    if (blocked || !isOwed()) heardAt = performance.now();
    else if (performance.now() - heardAt > timeoutMs) tooLong.resolve();
  }, CHECK_MS);
  return {
    heard: () => (heardAt = performance.now()),
    tooLong: tooLong.promise,
    stop: () => clearInterval(timer),
  };
};
