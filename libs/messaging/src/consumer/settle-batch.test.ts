import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from '@jest/globals';
import type { ConsumeMessage } from 'amqplib';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { Unavailable } from '@mentor-sessions/service-kit/errors';
import { tracer as globalTracer, type Tracer } from '@mentor-sessions/service-kit/tracing';
import { queue, reviewWritten, subscription, type Review } from '../../test/reviews.ts';
import type { DeadLetter } from '../inbox/dead-letters.ts';
import { DatabaseUnavailable } from '../inbox/faults.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { memoryInbox } from '../inbox/memory-inbox.ts';
import { type Message, Rejected } from '../inbox/message.ts';
import { createConsumerMetrics } from './consumer-metrics.ts';
import { incomingDelivery } from './read-delivery.ts';
import { settleBatch } from './settle-batch.ts';
import type { SettleOptions } from './settle.ts';

type Handle = (messages: readonly Message<Review>[]) => void;

const kept: (readonly [unknown, string, number])[] = [];
const handled: string[][] = [];
let commits = 0;
let registry: Registry;
let settling: SettleOptions<Review>;

/** What a service without a database has; dead letters stay here. */
const startWith = (handle: Handle): void => {
  registry = new Registry();
  const inbox = {
    ...memoryInbox(undefined as never),
    keepDeadLetter: async ({ delivery, reason, attempts }: DeadLetter) => {
      kept.push([delivery.properties.messageId, reason, attempts]);
      return { id: randomUUID() };
    },
  } as unknown as Inbox;
  settling = {
    database: inbox,
    subscription: subscription(async (_tx, messages) => {
      handle(messages);
      handled.push(messages.map(({ id }) => id));
    }),
    metrics: createConsumerMetrics(registry, undefined, { queue: queue.name, rejections: ['not-wanted'] }),
    log: pino({ level: 'silent' }),
    onCommitted: () => (commits += 1),
  };
};

beforeEach(() => {
  kept.length = handled.length = commits = 0;
  startWith(() => undefined);
});

const id = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`;
const delivery = (n: number, text = 'good'): ConsumeMessage => {
  const review = reviewWritten({ id: id(n), subject: id(9), data: { text } });
  return {
    content: Buffer.from(JSON.stringify(review)),
    properties: { messageId: review.id, userId: 'reviews' },
  } as ConsumeMessage;
};
const settle = (deliveries: readonly ConsumeMessage[]) =>
  settleBatch(
    deliveries.map((one) => incomingDelivery(one, settling.subscription)),
    settling,
  );
const counted = async (): Promise<Record<string, number>> => {
  const { values } = await registry.getSingleMetric('consumer_messages_total')!.get();
  return Object.fromEntries(values.flatMap(({ labels, value }) => (value > 0 ? [[labels['outcome'], value]] : [])));
};

test('handles a batch together, sorted by id, copies once', async () => {
  expect(await settle([delivery(2), delivery(3), delivery(1), delivery(2)])).toEqual([]);
  expect(handled).toEqual([[id(1), id(2), id(3)]]);
  expect(commits).toBe(1);
  expect(await counted()).toEqual({ handled: 3, duplicate: 1 });
});

test('does not handle a message twice, nor report a commit for it', async () => {
  await settle([delivery(1)]);
  await settle([delivery(1)]);
  expect(handled).toEqual([[id(1)]]);
  expect(commits).toBe(1);
  expect(await counted()).toEqual({ handled: 1, duplicate: 1 });
});

test('dead-letters different content under a known id, in the same batch and in a later one', async () => {
  await settle([delivery(1), delivery(1, 'other')]);
  await settle([delivery(1, 'another')]);
  expect(handled).toEqual([[id(1)]]);
  expect(kept).toEqual([
    [id(1), 'content-mismatch', 0],
    [id(1), 'content-mismatch', 0],
  ]);
});

test('dead-letters an invalid message and handles the rest', async () => {
  await settle([{ ...delivery(1), content: Buffer.from('{') }, delivery(2)]);
  expect(kept).toEqual([[id(1), 'malformed', 0]]);
  expect(handled).toEqual([[id(2)]]);
  expect(await counted()).toEqual({ malformed: 1, handled: 1 });
});

test('dead-letters what the handler rejects, with every copy, and handles the rest', async () => {
  startWith((messages) => {
    const found = messages.filter((message) => message.id === id(2));
    if (found.length > 0)
      throw new Rejected(found.map((message) => ({ message, reason: 'not-wanted', detail: 'why not' })));
  });
  expect(await settle([delivery(1), delivery(2), delivery(2)])).toEqual([]);
  expect(kept).toEqual([
    [id(2), 'not-wanted', 0],
    [id(2), 'not-wanted', 0],
  ]);
  expect(handled).toEqual([[id(1)]]);
  expect(await counted()).toEqual({ handled: 1, 'not-wanted': 2 });
});

test('handles nothing of a batch without valid messages', async () => {
  expect(await settle([{ ...delivery(1), content: Buffer.from('{') }])).toEqual([]);
  expect([handled, commits]).toEqual([[], 0]);
  expect(await counted()).toEqual({ malformed: 1 });
});

test('a rejection names the messages and the reasons', () => {
  const [one, two] = [id(1), id(2)].map((of) => ({ message: { id: of } as Message, reason: 'r', detail: '' }));
  expect(new Rejected([one!, two!])).toMatchObject({ name: 'Rejected', message: `${id(1)}: r, ${id(2)}: r` });
});

test('a handler that rejects a message outside its batch fails, and is not called repeatedly', async () => {
  const stranger = { id: id(8) } as Message;
  startWith(() => {
    throw new Rejected([{ message: stranger, reason: 'not-wanted', detail: '' }]);
  });
  expect(await settle([delivery(1)])).toMatchObject([
    { settlement: { deliveries: [{ properties: { messageId: id(1) } }] }, cause: 'message' },
  ]);
  expect(kept).toEqual([]);
});

test('splits a failed batch: only the messages that fail are returned', async () => {
  startWith((messages) => {
    if (messages.some((message) => message.id === id(2))) throw new Error('a bug');
  });
  const failed = await settle([delivery(1), delivery(2), delivery(3)]);
  expect(failed.map(({ settlement }) => settlement.deliveries[0]?.properties.messageId as unknown)).toEqual([id(2)]);
  expect(handled).toEqual([[id(1)], [id(3)]]);
});

test('does not try a single failed message twice', async () => {
  let tries = 0;
  startWith(() => {
    tries += 1;
    throw new Error('a bug');
  });
  expect(await settle([delivery(1)])).toHaveLength(1);
  expect(tries).toBe(1);
});

/** As PostgreSQL says it. */
const refusal = (code: string): Error => Object.assign(new Error(code), { code, severity: 'ERROR' });
const causes = async (...deliveries: ConsumeMessage[]) =>
  (await settle(deliveries)).map(({ settlement, cause }) => [
    settlement.deliveries[0]?.properties.messageId as unknown,
    cause,
  ]);
/** The handler's sample, and how it fares. */
const withSample = (fares: () => void): void => {
  const { handle } = settling.subscription;
  const sample = (type: string): Message<Review> =>
    ({ id: randomUUID(), type, data: { text: 'sample' } }) as unknown as Message<Review>;
  settling = {
    ...settling,
    subscription: {
      ...settling.subscription,
      sample,
      handle: async (tx, messages) => {
        if (messages.some(({ data }) => data.text === 'sample')) fares();
        else await handle(tx, messages);
      },
    },
  };
};

test.each([1, 2])('when the database is unavailable, the whole batch (of %d) waits', async (size) => {
  settling = {
    ...settling,
    database: {
      ...(settling.database as Inbox),
      transaction: (): Promise<never> => Promise.reject(new Unavailable('away')),
    },
  };
  await expect(settle([delivery(1), delivery(2)].slice(0, size))).rejects.toThrow(DatabaseUnavailable);
  expect(kept).toEqual([]);
});

test.each(['42501', '42P01', '3F000', '42883', 'XX000', '23514', '54000', '57014'])(
  'when the database refuses a sample too (%s), the queue waits, and it counts against no message',
  async (code) => {
    const refuse = () => {
      throw refusal(code);
    };
    startWith(refuse);
    withSample(refuse);
    await expect(settle([delivery(1)])).rejects.toThrow(DatabaseUnavailable);
    await expect(settle([delivery(1), delivery(2)])).rejects.toThrow(DatabaseUnavailable);
    expect(kept).toEqual([]);
  },
);

test.each(['42501', '42P01', 'XX000', '23514', '54000', '22021', 'P0001'])(
  'a database error of one message alone (%s) counts, since a sample is handled',
  async (code) => {
    startWith((messages) => {
      if (messages.some((message) => message.id === id(2))) throw refusal(code);
    });
    withSample(() => undefined);
    expect(await causes(delivery(2))).toEqual([[id(2), 'message']]);
    expect(await causes(delivery(1), delivery(2), delivery(3))).toEqual([[id(2), 'message']]);
    expect(handled).toEqual([[id(1)], [id(3)]]);
  },
);

test.each(['40P01', '55P03', '57014', '53100', '25006'])(
  '%s never counts, although others are handled',
  async (code) => {
    startWith((messages) => {
      if (messages.some((message) => message.id === id(2))) throw refusal(code);
    });
    expect(await causes(delivery(1), delivery(2), delivery(3))).toEqual([[id(2), 'database']]);
  },
);

test('without a sample a missing privilege counts only if others are handled', async () => {
  startWith((messages) => {
    if (messages.some((message) => message.id === id(2))) throw refusal('42501');
  });
  expect(await causes(delivery(2))).toEqual([[id(2), 'database']]);
  expect(await causes(delivery(1), delivery(2))).toEqual([[id(2), 'message']]);
});

test('a sample leaves nothing in the inbox', async () => {
  startWith(() => {
    throw refusal('23514');
  });
  const samples: string[] = [];
  withSample(() => undefined);
  const { sample } = settling.subscription;
  const remembering = (type: string) => {
    const message = sample?.(type) as Message<Review>;
    samples.push(message.id);
    return message;
  };
  settling = { ...settling, subscription: { ...settling.subscription, sample: remembering } };
  await settle([delivery(1)]);
  const inbox = settling.database as unknown as Inbox;
  const again = { id: samples[0], contentHash: Buffer.alloc(0) } as unknown as Message;
  const fresh = await inbox.transaction(async (tx) => (await inbox.enter(tx, queue.name, [again])).fresh.length);
  expect(fresh).toBe(1);
});

test('a dead letter that cannot be stored blocks no other message', async () => {
  const inbox = settling.database as Inbox;
  settling = { ...settling, database: { ...inbox, keepDeadLetter: () => Promise.reject(refusal('42501')) } };
  expect(await causes({ ...delivery(1), content: Buffer.from('{') }, delivery(2))).toEqual([[id(1), 'database']]);
  expect(handled).toEqual([[id(2)]]);
});

test('dead-letters a message whose retries are used up with its attempts, its copies with none', async () => {
  startWith(() => {
    throw new Error('a bug');
  });
  const [failed] = await settle([delivery(1), delivery(1)]);
  await failed?.settlement.giveUp?.({ error: new Error('a bug'), attempts: 4 });
  expect(kept).toEqual([
    [id(1), 'handler-failed', 4],
    [id(1), 'handler-failed', 0],
  ]);
});

test('spans go to the tracer that is given, as children of the span in the AMQP header', async () => {
  const header = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const started: [name: string, traceId: string | undefined][] = [];
  const startSpan: Tracer['startSpan'] = (name, options, context) => {
    const span = globalTracer.startSpan(name, options, context);
    started.push([name, span.spanContext().traceId]);
    return span;
  };
  settling = { ...settling, tracer: { startSpan } as Tracer };
  const one = delivery(1);
  await settle([{ ...one, properties: { ...one.properties, headers: { traceparent: header } } }]);
  expect(started).toEqual([['process review.written', header.split('-')[1]]]);
  expect(handled).toEqual([[id(1)]]);
});
