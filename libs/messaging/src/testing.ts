import { randomUUID } from 'node:crypto';
import { createDatabase, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { contentHash } from './consumer/read-delivery.ts';
import { handleBatch } from './consumer/handle-batch.ts';
import { inboxOf, type Inbox } from './inbox/inbox.ts';
import { memoryInbox } from './inbox/memory-inbox.ts';
import type { Message, Rejection } from './inbox/message.ts';
import { shuffled } from './shuffled.ts';
import type { PublishedEvent } from './subscriber/options.ts';

// The test kit of subscribers: a handler gets messages as it does from `subscribe`, without a broker.

export type ExampleEvent<Data> = PublishedEvent<Data> & {
  /** Valid data about something new, with some of its fields as given; throws if they are not valid. */
  readonly example: (data: Partial<Data>, newId: () => string) => { readonly subject: string; readonly data: Data };
};

type Attributes = Partial<Omit<Message, 'type' | 'data' | 'contentHash'>>;

/** A valid message of an event of the contracts: `aMessage(sessionCompleted, { menteeUserId })`. */
export const aMessage = <Data>(
  event: ExampleEvent<Data>,
  over: NoInfer<Partial<Data>> = {},
  attributes: Attributes = {},
): Message<Data> => {
  const { type, dataschema } = event;
  const { subject, data } = event.example(over, randomUUID);
  const ids = { id: randomUUID(), correlationId: randomUUID() };
  const message = { ...ids, subject, time: new Date().toISOString(), sequence: 1, ...attributes, type, data };
  return { ...message, contentHash: contentHash({ type, subject: message.subject, dataschema, data }) };
};

export type DeliverOptions<Tx> = {
  /** How often each message arrives; default: 2, since a copy may always come. */
  readonly copies?: number;
  /** Whether they arrive in any order and in batches; default: yes. */
  readonly reorder?: boolean;
  /** As for `subscribe`. */
  readonly database?: string | Database | Inbox<Tx>;
};

export type Delivered = {
  /** Ids of messages that the handler got and did not reject, in the order in which it got them. */
  readonly handled: readonly string[];
  /** Copies that the handler did not get. */
  readonly duplicates: number;
  /** Once each, however many copies it rejected. */
  readonly rejected: readonly Rejection[];
};

/**
 * Hands messages to a handler in batches, with copies and in any order; rejects with what the handler throws, unless that is
 * `Rejected`. Without a database copies are ignored as `subscribe` does without one.
 */
export const deliver = async <Data, Tx = Queryable | undefined>(
  handle: (messages: readonly Message<Data>[], tx: Tx) => Promise<void>,
  messages: readonly Message<Data>[],
  { copies = 2, reorder = true, database }: DeliverOptions<Tx> = {},
): Promise<Delivered> => {
  const arriving = Array.from({ length: copies }, () => messages).flat();
  const batches = reorder ? batchesOf(shuffled(arriving)) : arriving.map((one) => [one]);
  const log = createLogger({ service: 'test', role: 'subscriber', level: 'silent' });
  const opened =
    typeof database === 'string' ? createDatabase({ url: database, applicationName: 'test', log }) : undefined;
  // its transactions are only passed on to the handler
  const given = (opened ?? database) as Database | Inbox | undefined;
  const inbox = given ? inboxOf(given) : (memoryInbox(deadQueue) as unknown as Inbox);
  const subscription = {
    queue,
    handle: (tx: unknown, batch: readonly Message<Data>[]) => handle(batch, (given ? tx : undefined) as Tx),
  };
  const handled: string[] = [];
  const rejected = new Map<string, Rejection>();
  let duplicates = 0;
  try {
    for (const batch of batches) {
      const result = await handleBatch(inbox, subscription, batch);
      handled.push(...result.handled.map(({ id }) => id));
      for (const rejection of result.rejections) rejected.set(rejection.message.id, rejection);
      duplicates += result.duplicates.length;
    }
  } finally {
    await opened?.close();
  }
  return { handled, rejected: [...rejected.values()], duplicates };
};

const queue = { name: 'test.messages', routingKeys: [], deadLetterExchange: '', deadQueue: '', deliveryLimit: 1 };

const deadQueue = { whenReady: () => Promise.resolve(), publish: () => Promise.resolve('confirmed' as const) };

/** Batches of one to three, each message at most once in each. */
const batchesOf = <T extends { readonly id: string }>(some: readonly T[]): T[][] => {
  const batches: T[][] = [];
  for (const one of some) {
    const last = batches.at(-1);
    if (last && last.length < 3 && Math.random() < 0.7 && !last.some(({ id }) => id === one.id)) last.push(one);
    else batches.push([one]);
  }
  return batches;
};
