import type { ChannelModel } from 'amqplib';

export type ConfirmWatch = {
  /** Call it for every confirm, and for every nack. */
  heard(answer: 'ack' | 'nack'): void;
  /** Resolves when a new connection is needed: the broker has owed a confirm for too long, or refuses everything. */
  readonly hopeless: Promise<void>;
  stop(): void;
};

const CHECK_MS = 1_000;
const REFUSED_FOR_MS = 300;

/**
 * A broker may be connected and yet not confirm (a quorum queue without its majority). While it blocks us (memory or
 * disk alarm) silence is its right: the clock stands still. And a channel that was opened before a quorum queue had its
 * new leader gets nothing but nacks for ever, although another channel would be heard (RabbitMQ 3.10).
 */
export const watchConfirms = (connection: ChannelModel, isOwed: () => boolean, timeoutMs: number): ConfirmWatch => {
  const hopeless = Promise.withResolvers<void>();
  let blocked = false;
  let heardAt = performance.now();
  let refusedSince: number | undefined;
  connection.on('blocked', () => (blocked = true));
  connection.on('unblocked', () => (blocked = false));
  const timer = setInterval(() => {
    if (blocked || !isOwed()) heardAt = performance.now();
    else if (performance.now() - heardAt > timeoutMs) hopeless.resolve();
  }, CHECK_MS);
  return {
    heard: (answer) => {
      heardAt = performance.now();
      if (answer === 'ack') refusedSince = undefined;
      else if (heardAt - (refusedSince ??= heardAt) > REFUSED_FOR_MS) hopeless.resolve();
    },
    hopeless: hopeless.promise,
    stop: () => clearInterval(timer),
  };
};
