import type { ChannelModel } from 'amqplib';

const CHECK_MS = 500;
const ONLY_NACKS_MS = 300;

/**
 * A broker may be connected and yet not confirm (a quorum queue without its majority; a message on its way to a leader
 * that is gone). Confirms come in the order of publishing or nearly so, so the oldest unconfirmed message decides: it may
 * not stay the oldest for longer than `timeoutMs`, whatever is confirmed later. While the broker blocks the connection
 * (memory or disk alarm) the clock stands still. And a channel that was opened before a quorum queue had its new leader
 * gets nothing but nacks, although a new channel would not (RabbitMQ 3.10).
 */
export const createConfirmTimeout = (
  connection: ChannelModel,
  oldestUnconfirmed: () => object | undefined,
  timeoutMs: number,
) => {
  const expired = Promise.withResolvers<void>();
  let isBlocked = false;
  let oldest: object | undefined;
  let oldestSince = 0;
  let nackedSince: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const block = (): void => void (isBlocked = true);
  const unblock = (): void => void (isBlocked = false);
  connection.on('blocked', block);
  connection.on('unblocked', unblock);

  const stopChecking = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const check = (): void => {
    const current = oldestUnconfirmed();
    if (isBlocked || current === undefined || current !== oldest) oldestSince = performance.now();
    else if (performance.now() - oldestSince > timeoutMs) expired.resolve();
    oldest = current;
    if (current === undefined) stopChecking();
  };

  return {
    /** To be called after each publish. The timer runs only while something is unconfirmed: an idle process stays asleep. */
    sent: (): void => void (timer ??= setInterval(check, CHECK_MS)),
    /** To be called for every confirm and every nack. */
    answered: (answer: 'ack' | 'nack'): void => {
      const now = performance.now();
      if (answer === 'ack') nackedSince = undefined;
      else if (now - (nackedSince ??= now) > ONLY_NACKS_MS) expired.resolve();
    },
    /** Resolves when a new connection is needed: a confirm is overdue, or the broker nacks everything. */
    expired: expired.promise,
    stop: (): void => {
      stopChecking();
      connection.off('blocked', block);
      connection.off('unblocked', unblock);
    },
  };
};

export type ConfirmTimeout = ReturnType<typeof createConfirmTimeout>;
