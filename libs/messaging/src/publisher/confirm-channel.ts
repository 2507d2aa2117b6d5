import { IllegalOperationError, type ChannelModel } from 'amqplib';
import { traceHeaders } from '@mentor-sessions/service-kit/tracing';
import { closeChannel } from '../broker/connect.ts';

export type OutgoingMessage = {
  readonly messageId: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** An earlier attempt failed: it is published in isolation from other messages. */
  readonly isSuspect?: boolean;
};

/**
 * confirmed: the broker has it, on the disks of a majority where the queue is a quorum queue. returned: confirmed too,
 * but routed to no queue. nacked: a queue did not take it (full, without a leader); others may have. failed: sent, and
 * no answer came; the broker may or may not have it. unsent: there was no channel.
 */
export type PublishOutcome = 'confirmed' | 'returned' | 'nacked' | 'failed' | 'unsent' | Refusal;

/** The broker closed the channel because of this message alone, or the client cannot encode it. */
export class Refusal {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }

  toString(): string {
    return `refused, ${this.reason}`;
  }
}

export type Unconfirmed = { readonly message: OutgoingMessage; readonly settle: (outcome: PublishOutcome) => void };

export type ConfirmChannelOptions = {
  readonly exchange: string;
  readonly contentType: string;
  readonly userId: string;
};

/** A channel that publishes persistent, mandatory messages and resolves with the outcome of each. */
export const openConfirmChannel = async (
  connection: ChannelModel,
  { exchange, contentType, userId }: ConfirmChannelOptions,
) => {
  /** Oldest first. A message can be in it twice: another batch may publish it while the first still waits for its confirm. */
  const unconfirmed = new Set<Unconfirmed & { isReturned: boolean }>();
  const closed = Promise.withResolvers<Error | null>();
  let error: Error | null = null;
  const channel = await connection.createConfirmChannel();
  channel.on('error', (err: Error) => (error = err));
  channel.once('close', () => closed.resolve(error));
  channel.on('return', ({ properties }) => {
    // the return of an unroutable message comes before its confirm, and does not say which of two copies it is about
    for (const returned of unconfirmed)
      if (returned.message.messageId === properties.messageId) returned.isReturned = true;
  });

  const publish = (message: OutgoingMessage): Promise<PublishOutcome> => {
    const { messageId, routingKey, body, headers } = message;
    const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
    const entry = {
      message,
      isReturned: false,
      settle: (outcome: PublishOutcome) => {
        unconfirmed.delete(entry);
        resolve(outcome);
      },
    };
    unconfirmed.add(entry);
    const standard = { messageId, type: routingKey, contentType, userId, persistent: true, mandatory: true };
    const properties = { ...standard, headers: { ...traceHeaders(body), ...headers } };
    try {
      channel.publish(exchange, routingKey, body, properties, (err: Error | null) => {
        if (!err) entry.settle(entry.isReturned ? 'returned' : 'confirmed');
        else if (err.message === 'message nacked') entry.settle('nacked');
        // else the channel is closed: the code that opened it decides
      });
      // fault point (sync): relay.published
    } catch (err) {
      entry.settle(err instanceof IllegalOperationError ? 'unsent' : new Refusal(String(err)));
    }
    return promise;
  };

  return {
    publish,
    oldestUnconfirmed: (): Unconfirmed | undefined => unconfirmed.values().next().value,
    /** Those without a confirm; this channel settles none of them any more. */
    takeUnconfirmed: (): Unconfirmed[] => {
      const taken = [...unconfirmed];
      unconfirmed.clear();
      return taken;
    },
    /** Resolves with the broker's error, or null if it closed without one. */
    closed: closed.promise,
    close: () => closeChannel(channel),
  };
};

export type ConfirmChannel = Awaited<ReturnType<typeof openConfirmChannel>>;
