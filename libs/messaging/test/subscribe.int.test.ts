import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sessionCompleted } from '@mentor-sessions/contracts';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { Rejected, subscribe, type Inbox, type Subscriber } from '../src/index.ts';
import { completedSession } from './completed-session.ts';
import { openSubscriberStage, type SubscriberStage } from './subscriber-stage.ts';

const queue = 'reviews.session-completed';
const log = pino({ level: 'silent' });
let stage: SubscriberStage;
let amqpUrl: string;
let wire: SubscriberStage['wire'];
let database: SubscriberStage['database'];
let owner: SubscriberStage['owner'];
let subscribers: Subscriber[] = [];

type Completed = ReturnType<typeof completedSession>;
const publish = async (events: readonly Completed[], copies = 1): Promise<void> => {
  for (const event of events)
    for (let copy = 0; copy < copies; copy++)
      wire.publish('mentoring.events', event.type, Buffer.from(JSON.stringify(event)), {
        messageId: event.id,
        userId: 'sessions',
        mandatory: true,
      });
  await wire.waitForConfirms();
};
const started = async (subscribing: Promise<Subscriber>): Promise<void> => {
  const subscriber = await subscribing;
  subscribers.push(subscriber);
  expect(subscriber.isReady()).toBe(true);
};
const inDeadQueue = async () =>
  eventually(() => wire.get(`${queue}.dead`, { noAck: true }), { describe: 'a dead letter at the broker' });
const rows = async (sql: string): Promise<Record<string, unknown>[]> => (await owner.query(sql)).rows;

beforeAll(async () => {
  stage = await openSubscriberStage();
  ({ amqpUrl, wire, database, owner } = stage);
});
afterEach(async () => {
  for (const subscriber of subscribers) await subscriber.stop();
  subscribers = [];
  await wire.deleteQueue(queue);
  await wire.deleteQueue(`${queue}.dead`);
});
afterAll(() => stage.close());

test('with PostgreSQL each completed session takes effect once, whatever the number of copies and subscribers', async () => {
  const to = { amqpUrl, event: sessionCompleted, queue, database: database.databaseUrl, log };
  for (let each = 0; each < 2; each++)
    await started(
      subscribe({
        ...to,
        handle: async (messages, tx) => {
          for (const { id, data } of messages)
            await tx.query('insert into reviews values ($1, $2)', [data.sessionId, id]);
        },
      }),
    );
  const events = Array.from({ length: 100 }, () => completedSession());
  await publish(events, 3);
  await eventually(async () => (await rows('select distinct message_id from reviews')).length === 100);
  await publish(events);
  await eventually(async () => (await wire.checkQueue(queue)).messageCount === 0);
  for (const subscriber of subscribers) await subscriber.stop();
  expect(await rows('select 1 from reviews')).toHaveLength(100);
  expect(await rows('select 1 from dead_letters')).toHaveLength(0);
  expect((await wire.checkQueue(queue)).messageCount).toBe(0);
}, 30_000);

test('with PostgreSQL an invalid message becomes a row with its reason, and the dead queue is drained', async () => {
  await started(
    subscribe({
      amqpUrl,
      event: sessionCompleted,
      queue,
      database: database.databaseUrl,
      log,
      handle: async (messages) => {
        const unwanted = messages.filter(({ data }) => data.metadata['wanted'] === 'no');
        if (unwanted.length > 0)
          throw new Rejected(unwanted.map((message) => ({ message, reason: 'not-wanted', detail: 'no thanks' })));
      },
    }),
  );
  const [unwanted, suspect] = [completedSession({ metadata: { wanted: 'no' } }), completedSession()];
  await publish([unwanted]);
  wire.publish('reviews.dead', queue, Buffer.from(JSON.stringify(suspect)), {
    messageId: suspect.id,
    userId: 'sessions',
  });
  const reasons = () => rows('select message_id, reason, resolution from dead_letters order by reason');
  await eventually(
    async () =>
      expect(await reasons()).toEqual([
        { message_id: unwanted.id, reason: 'not-wanted', resolution: null },
        { message_id: suspect.id, reason: 'sent-to-dead-queue', resolution: 'handled' },
      ]) ?? true,
  );
});

test('without a database a copy is ignored, and an invalid message waits in the dead queue with its reason', async () => {
  const seen: string[] = [];
  await started(
    subscribe({
      amqpUrl,
      event: sessionCompleted,
      queue,
      log,
      handle: async (messages, nothing) => {
        expect(nothing).toBeUndefined();
        seen.push(...messages.map(({ id }) => id));
      },
    }),
  );
  const events = Array.from({ length: 20 }, () => completedSession());
  await publish(events, 5);
  const bad = completedSession({ completedAt: 'yesterday' });
  await publish([bad]);
  const dead = await inDeadQueue();
  expect(dead.content.toString()).toBe(JSON.stringify(bad));
  expect(dead.properties).toMatchObject({
    messageId: bad.id,
    headers: { 'x-reason': 'schema-violation', 'x-attempts': 0, 'x-sent-by': 'sessions' },
  });
  await publish(events);
  await eventually(async () => (await wire.checkQueue(queue)).messageCount === 0);
  expect(seen.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
});

test('a message of another sender has no effect', async () => {
  await started(
    subscribe({ amqpUrl, event: sessionCompleted, queue, log, handle: () => Promise.reject(new Error('handled')) }),
  );
  const forged = completedSession();
  wire.publish('mentoring.events', forged.type, Buffer.from(JSON.stringify(forged)), {
    messageId: forged.id,
    userId: 'developer',
  });
  expect((await inDeadQueue()).properties.headers).toMatchObject({
    'x-reason': 'forged-sender',
    'x-sent-by': 'developer',
  });
});

test('a deleted queue is declared again', async () => {
  const seen: string[] = [];
  await started(
    subscribe({
      amqpUrl,
      event: sessionCompleted,
      queue,
      log,
      handle: async (messages) => void seen.push(...messages.map(({ id }) => id)),
    }),
  );
  await wire.deleteQueue(queue);
  await eventually(async () => {
    const one = completedSession();
    await publish([one]);
    return eventually(() => seen.includes(one.id), { within: 500 });
  });
});

test('an inbox of another kind records messages and stores dead letters', async () => {
  const [entered, kept] = [new Set<string>(), new Map<string, string>()];
  const shelf: Inbox<Set<string>> = {
    transaction: (work) => work(entered),
    enter: (tx, _queue, messages) => {
      const fresh = messages.filter(({ id }) => !tx.has(id));
      for (const { id } of fresh) tx.add(id);
      return Promise.resolve({ fresh, duplicates: messages.filter((m) => !fresh.includes(m)), mismatches: [] });
    },
    keepDeadLetter: ({ delivery, reason }) => {
      const id = String(delivery.properties.messageId);
      kept.set(id, reason);
      return Promise.resolve({ id });
    },
  };
  const seen: [string, boolean][] = [];
  const handle = async (messages: readonly { id: string }[], tx: Set<string>): Promise<void> =>
    void seen.push(...messages.map(({ id }): [string, boolean] => [id, tx === entered]));
  await started(subscribe({ amqpUrl, event: sessionCompleted, queue, database: shelf, log, handle }));
  const [good, bad] = [completedSession(), completedSession({ sessionId: randomUUID().toUpperCase() })];
  await publish([good, bad], 2);
  await eventually(() => kept.get(bad.id) === 'schema-violation');
  await eventually(() => seen.length > 0);
  expect(seen).toEqual([[good.id, true]]);
});
