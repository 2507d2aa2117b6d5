import type { ChannelModel } from 'amqplib';

export type ConfirmWatch = {
  /** Call it when a message is on its way. While none is nobody looks: a process at rest is not woken for it. */
  sent(): void;
  /** Call it for every confirm, and for every nack. */
  heard(answer: 'ack' | 'nack'): void;
  /** Resolves when a new connection is needed: the broker has owed a confirm for too long, or refuses everything. */
  readonly hopeless: Promise<void>;
  stop(): void;
};

const CHECK_MS = 500;
const REFUSED_FOR_MS = 300;

/**
 * A broker may be connected and yet owe a confirm (a quorum queue without its majority; a message that was on its way to
 * a leader that is gone). Confirms come in the order of publishing or nearly so, so the oldest one that is owed tells: it
 * may not stay the oldest for longer than `timeoutMs`, whatever comes for later ones. While the broker blocks us (memory
 * or disk alarm) silence is its right: the clock stands still. And a channel that was opened before a quorum queue had
 * its new leader gets nothing but nacks for ever, although another channel would be heard (RabbitMQ 3.10).
 */
export const watchConfirms = (
  connection: ChannelModel,
  oldestOwed: () => object | undefined,
  timeoutMs: number,
): ConfirmWatch => {
  const hopeless = Promise.withResolvers<void>();
  let blocked = false;
  let oldest: object | undefined;
  let oldestSince = 0;
  let refusedSince: number | undefined;
  const block = (): void => void (blocked = true);
  const unblock = (): void => void (blocked = false);
  connection.on('blocked', block);
  connection.on('unblocked', unblock);
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const seen = oldestOwed();
    if (blocked || seen === undefined || seen !== oldest) oldestSince = performance.now();
    else if (performance.now() - oldestSince > timeoutMs) hopeless.resolve();
    oldest = seen;
    if (seen === undefined) rest();
  };
  const rest = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    sent: () => void (timer ??= setInterval(look, CHECK_MS)),
    heard: (answer) => {
      const heardAt = performance.now();
      if (answer === 'ack') refusedSince = undefined;
      else if (heardAt - (refusedSince ??= heardAt) > REFUSED_FOR_MS) hopeless.resolve();
    },
    hopeless: hopeless.promise,
    stop: () => {
      rest();
      connection.off('blocked', block);
      connection.off('unblocked', unblock);
    },
  };
};
