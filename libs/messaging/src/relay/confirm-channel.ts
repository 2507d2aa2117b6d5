import { IllegalOperationError, type ChannelModel } from 'amqplib';
import { closeChannel } from '../broker/connect.ts';
import { Refusal, type PublishOutcome } from './outcome.ts';

export type OutgoingMessage = {
  readonly messageId: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** It was tried before and could not be published: it goes apart from the others. */
  readonly isSuspect?: boolean;
};

/** A message without a confirm. */
export type Owed = { readonly message: OutgoingMessage; readonly settle: (outcome: PublishOutcome) => void };

type Entry = Owed & { returned: boolean };

export type ConfirmChannelOptions = {
  readonly exchange: string;
  readonly contentType: string;
  readonly userId: string;
};

/** A channel on which persistent and mandatory messages are published; says what became of each. */
export type ConfirmChannel = {
  publish(message: OutgoingMessage): Promise<PublishOutcome>;
  oldestOwed(): Owed | undefined;
  /** What has no confirm, and will not get one from here. */
  takeOwed(): Owed[];
  /** Resolves with the broker's error, or null: it closed for no fault of a message. */
  readonly closed: Promise<Error | null>;
  close(): Promise<void>;
};

export const openConfirmChannel = async (
  connection: ChannelModel,
  { exchange, contentType, userId }: ConfirmChannelOptions,
): Promise<ConfirmChannel> => {
  const owed = new Map<string, Entry>();
  const closed = Promise.withResolvers<Error | null>();
  let error: Error | null = null;
  const channel = await connection.createConfirmChannel();
  channel.on('error', (err: Error) => (error = err));
  channel.once('close', () => closed.resolve(error));
  channel.on('return', ({ properties }) => {
    // the return of an unroutable message comes before its confirm
    const returned = owed.get(String(properties.messageId));
    if (returned) returned.returned = true;
  });

  const publish = (message: OutgoingMessage): Promise<PublishOutcome> => {
    const { messageId, routingKey, body, headers } = message;
    const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
    const entry: Entry = {
      message,
      returned: false,
      settle: (outcome) => {
        if (owed.get(messageId) === entry) owed.delete(messageId);
        resolve(outcome);
      },
    };
    owed.set(messageId, entry);
    const vouched = { messageId, type: routingKey, contentType, userId, persistent: true, mandatory: true };
    const properties = headers ? { ...vouched, headers } : vouched;
    try {
      channel.publish(exchange, routingKey, body, properties, (err: Error | null) => {
        if (!err) entry.settle(entry.returned ? 'returned' : 'confirmed');
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
    oldestOwed: () => owed.values().next().value,
    takeOwed: () => {
      const taken = [...owed.values()];
      owed.clear();
      return taken;
    },
    closed: closed.promise,
    close: () => closeChannel(channel),
  };
};
