import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { Rejected, type Message } from '../src/index.ts';
import { queue, reviewWritten, type Review } from './reviews.ts';
import { createThirdService, type ThirdService } from './third-service.ts';

let service: ThirdService;
let publish: (envelope: unknown, over?: Record<string, unknown>) => void;
let close: () => Promise<void>;

beforeAll(async () => {
  service = await createThirdService();
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createChannel();
  await channel.assertExchange('mentoring.events', 'topic', { durable: true });
  publish = (envelope, over = {}) => {
    const body = Buffer.isBuffer(envelope) ? envelope : Buffer.from(JSON.stringify(envelope));
    const { id } = envelope as { id?: string };
    const admin = { ...(id === undefined ? {} : { messageId: id }), userId: 'developer', type: 'review.written' };
    channel.publish('mentoring.events', 'review.written', body, { ...admin, ...over });
  };
  close = () => connection.close();
});
afterEach(() => service.stop());
afterAll(async () => {
  await close();
  await service.close();
});

const insertReviews = async (tx: Queryable, messages: readonly Message<Review>[]): Promise<void> => {
  for (const { id, data } of messages) await tx.query('insert into reviews values ($1, $2)', [id, data.text]);
};
const asReviews = { userId: 'reviews' };

const startConsumer = async (handle = insertReviews): Promise<void> => {
  const consumer = await service.startConsumer(handle);
  await eventually(() => consumer.isReady(), { describe: 'the consumer is registered' });
};
const reviewOf = (id: string) => service.db.query('select text from reviews where id = $1', [id]);
const isHandled = (id: string) =>
  eventually(async () => (await reviewOf(id)).length === 1, { describe: `message ${id} is handled` });
const deadLetterOf = (id: string) =>
  eventually(
    async () => (await service.db.query('select * from dead_letters where message_id = $1 order by id', [id])).at(-1),
    { describe: `a dead letter for ${id}` },
  );
const queueIsEmpty = async (): Promise<void> => {
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createChannel();
  await eventually(async () => (await channel.checkQueue(queue.name)).messageCount === 0);
  await connection.close();
};

test('a message takes effect once, however many copies arrive, at once or later', async () => {
  await startConsumer();
  const review = reviewWritten();
  for (let copy = 0; copy < 50; copy++) publish(review, asReviews);
  await isHandled(review.id);
  publish({ ...review, time: '2027-01-01T00:00:00.000Z' }, asReviews);
  const last = reviewWritten();
  publish(last, asReviews);
  await isHandled(last.id);
  await queueIsEmpty();
  expect(await reviewOf(review.id)).toHaveLength(1);
  expect(await service.db.query('select * from dead_letters where message_id = $1', [review.id])).toEqual([]);
});

describe('an invalid message is dead-lettered with its reason, and the next valid one is handled', () => {
  const good = reviewWritten();
  const cases: [string, unknown, Record<string, unknown>][] = [
    ['malformed', Buffer.from('{"not json'), { ...asReviews, messageId: 'malformed' }],
    ['malformed', Buffer.from([0, 255, 254, 0]), { ...asReviews, messageId: 'bin\0ary' }],
    ['malformed', Buffer.from('[1]'), { ...asReviews, messageId: 'array' }],
    ['unknown-type', reviewWritten({ type: 'review.burnt' }), asReviews],
    ['unknown-version', reviewWritten({ dataschema: 'urn:reviews:review.written:2' }), asReviews],
    ['unknown-version', reviewWritten({ dataschema: 'urn:reviews:review.written:1.1' }), asReviews],
    ['schema-violation', reviewWritten({ data: {} as Review }), asReviews],
    ['id-mismatch', reviewWritten(), { ...asReviews, messageId: 'another' }],
    ['forged-sender', reviewWritten(), { userId: 'developer' }],
    ['forged-sender', reviewWritten(), { userId: 'sessions' }],
    ['malformed', deeplyNested(), { ...asReviews }],
  ];

  test.each(cases)('%s', async (reason, envelope, properties) => {
    await startConsumer();
    publish(envelope, properties);
    const next = reviewWritten();
    publish(next, asReviews);
    await isHandled(next.id);
    const id = (properties['messageId'] ?? (envelope as { id?: string }).id) as string;
    const kept = await deadLetterOf(id.replace('\0', '\ufffd'));
    expect(kept).toMatchObject({ reason, queue: queue.name, times_seen: 1, resolved_at: null });
    const body = Buffer.isBuffer(envelope) ? envelope : Buffer.from(JSON.stringify(envelope));
    expect((kept['body'] as Buffer).equals(body)).toBe(true);
  });

  test('of two messages with the same id and different content the first one counts', async () => {
    await startConsumer();
    publish(good, asReviews);
    await isHandled(good.id);
    publish({ ...good, data: { text: 'bad' } }, asReviews);
    expect(await deadLetterOf(good.id)).toMatchObject({ reason: 'content-mismatch' });
    expect(await reviewOf(good.id)).toEqual([{ text: 'good' }]);
  });

  test('the same poison message again increases a count instead of adding a row', async () => {
    await startConsumer();
    const poison = reviewWritten({ data: {} as Review });
    for (let copy = 0; copy < 3; copy++) publish(poison, asReviews);
    await eventually(async () => (await deadLetterOf(poison.id))['times_seen'] === 3);
    expect(await service.db.query('select 1 from dead_letters where message_id = $1', [poison.id])).toHaveLength(1);
  });
});

function deeplyNested(): Buffer {
  const depth = 20_000;
  const { data: _, ...rest } = reviewWritten({ id: 'deeply-nested' });
  const data = `{"text":"x","deep":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  return Object.assign(Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"data":${data}}`), { id: 'deeply-nested' });
}

test('a message that the handler rejects is dead-lettered, and the others of its batch take effect', async () => {
  await startConsumer(async (tx, messages) => {
    await insertReviews(tx, messages);
    const unwanted = messages.filter(({ data }) => data.text === 'unwanted');
    if (unwanted.length > 0) {
      throw new Rejected(unwanted.map((message) => ({ message, reason: 'not-wanted', detail: 'no thanks' })));
    }
  });
  const unwanted = reviewWritten({ data: { text: 'unwanted' } });
  const others = Array.from({ length: 30 }, () => reviewWritten());
  for (const review of [...others.slice(0, 15), unwanted, ...others.slice(15)]) publish(review, asReviews);
  for (const { id } of others) await isHandled(id);
  expect(await deadLetterOf(unwanted.id)).toMatchObject({ reason: 'not-wanted', last_error: 'no thanks' });
  expect(await reviewOf(unwanted.id)).toEqual([]);
  expect(await service.db.query('select 1 from inbox where message_id = $1', [unwanted.id])).toEqual([]);
});

test('a message whose handler throws is retried alone three times, while others are handled, and then dead-lettered', async () => {
  const tries: string[][] = [];
  await startConsumer(async (tx, messages) => {
    tries.push(messages.map(({ id }) => id));
    if (messages.some(({ data }) => data.text === 'guilty')) throw new Error('cannot');
    await insertReviews(tx, messages);
  });
  const guilty = reviewWritten({ data: { text: 'guilty' } });
  publish(guilty, asReviews);
  const others = Array.from({ length: 20 }, () => reviewWritten());
  for (const review of others) publish(review, asReviews);
  for (const { id } of others) await isHandled(id);
  const kept = await deadLetterOf(guilty.id);
  expect(kept).toMatchObject({ reason: 'handler-failed', attempts: 3 });
  expect(tries.filter((batch) => batch.length === 1 && batch[0] === guilty.id).length).toBeGreaterThanOrEqual(3);
});

test('a deleted queue is declared again by its consumer', async () => {
  await startConsumer();
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createChannel();
  await channel.deleteQueue(queue.name);
  await eventually(() =>
    connection.createChannel().then((probe) => {
      probe.on('error', () => undefined);
      return probe.checkQueue(queue.name).then(({ consumerCount }) => consumerCount === 1);
    }),
  );
  const review = reviewWritten();
  publish(review, asReviews);
  await isHandled(review.id);
  await connection.close();
});

test('messages in the dead queue are stored and tried once more alone, and valid ones are handled', async () => {
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createChannel();
  await startConsumer(async (tx, messages) => {
    if (messages.some(({ data }) => data.text === 'guilty')) throw new Error('cannot');
    await insertReviews(tx, messages);
  });
  const [innocent, guilty] = [reviewWritten(), reviewWritten({ data: { text: 'guilty' } })];
  for (const review of [innocent, guilty]) {
    const properties = { messageId: review.id, ...asReviews };
    channel.publish(queue.deadLetterExchange, queue.name, Buffer.from(JSON.stringify(review)), properties);
  }
  await isHandled(innocent.id);
  const keptForGood = { reason: 'sent-to-dead-queue', attempts: 1, resolved_at: null };
  await eventually(async () => (await deadLetterOf(guilty.id))['attempts'] === 1);
  expect(await deadLetterOf(guilty.id)).toMatchObject(keptForGood);
  await eventually(async () => (await deadLetterOf(innocent.id))['resolution'] === 'handled');
  await connection.close();
});
