import { createHash } from 'node:crypto';
import { connect, type ConfirmChannel } from 'amqplib';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { openTcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import type { Message } from '../src/index.ts';
import { checkMessageLimit, createLimitReport } from '../src/broker/message-limit.ts';
import { budget } from '../src/consumer/memory-budget.ts';
import { queue, reviewWritten, type Review } from './reviews.ts';
import { createThirdService, type ThirdService } from './third-service.ts';

let service: ThirdService;
let channel: ConfirmChannel;
let close: () => Promise<void>;
let batches: number[] = [];

beforeAll(async () => {
  service = await createThirdService();
  const connection = await connect(service.adminAmqpUrl);
  channel = await connection.createConfirmChannel();
  close = () => connection.close();
  const consumer = await service.startConsumer(insertReviews);
  await eventually(() => consumer.isReady(), { describe: 'the queue is there' });
  await service.stop();
});
afterEach(() => service.stop());
afterAll(async () => {
  await close();
  await service.close();
});

const insertReviews = async (tx: Queryable, messages: readonly Message<Review>[]): Promise<void> => {
  batches.push(messages.reduce((sum, { data }) => sum + data.text.length, 0));
  for (const { id, data } of messages) await tx.query('insert into reviews values ($1, $2)', [id, data.text]);
};
const to = {
  queue: ['mentoring.events', 'review.written'],
  'dead queue': [queue.deadLetterExchange, queue.name],
} as const;
const publish = async (target: keyof typeof to, messageId: string, body: Buffer): Promise<void> => {
  const [exchange, key] = to[target];
  channel.publish(exchange, key, body, { messageId, userId: 'reviews', type: 'review.written' });
  await channel.waitForConfirms();
};
const isHandled = (id: string) =>
  eventually(async () => (await service.db.query('select from reviews where id = $1', [id])).length === 1);
const deadLetterOf = (id: string) =>
  eventually(async () => (await service.db.query('select * from dead_letters where message_id = $1', [id]))[0]);

/** A review whose body has exactly so many bytes. */
const sized = (bytes: number) => {
  const review = reviewWritten({ data: { text: '' } });
  const empty = JSON.stringify(review).length;
  const body = Buffer.from(JSON.stringify({ ...review, data: { text: 'x'.repeat(bytes - empty) } }));
  return { id: review.id, body };
};

/** Below what the test's broker takes, and received in frames of 8 KiB. */
const largestBody = 32_768;
const started = () =>
  service.startConsumer(insertReviews, { largestBody, amqpUrl: `${service.amqpUrl}?frameMax=8192` });

test.each(['queue', 'dead queue'] as const)(
  'the largest body on the %s is handled; one byte more is dead-lettered',
  async (on) => {
    await started();
    const [fits, larger] = [sized(largestBody), sized(largestBody + 1)];
    await publish(on, larger.id, larger.body);
    await publish(on, fits.id, fits.body);
    await isHandled(fits.id);
    const deadLetter = await deadLetterOf(larger.id);
    expect(deadLetter).toMatchObject({
      reason: on === 'queue' ? 'too-large' : 'sent-to-dead-queue',
      resolved_at: null,
    });
    expect(deadLetter['body']).toEqual(larger.body.subarray(0, 4_096));
    const hash = createHash('sha256').update(larger.body).digest('hex');
    await eventually(async () => {
      expect((await deadLetterOf(larger.id))['last_error']).toContain(`${largestBody + 1} bytes with SHA-256 ${hash}`);
      return true;
    });
  },
);

test('a body of many frames, between others, is one dead letter, and a copy increases its count', async () => {
  const huge = { id: reviewWritten().id, body: Buffer.alloc(budget.largestBody, ' ') };
  const around = [reviewWritten(), reviewWritten(), reviewWritten()];
  const bodies = around.map((review) => Buffer.from(JSON.stringify(review)));
  await publish('queue', around[0]!.id, bodies[0]!);
  await publish('queue', huge.id, huge.body);
  await publish('queue', around[1]!.id, bodies[1]!);
  await publish('queue', huge.id, huge.body);
  await publish('queue', around[2]!.id, bodies[2]!);
  await started();
  for (const { id } of around) await isHandled(id);
  await eventually(async () => (await deadLetterOf(huge.id))['times_seen'] === 2);
  expect(await deadLetterOf(huge.id)).toMatchObject({ reason: 'too-large', times_seen: 2 });
});

test('a transaction handles no more bytes than its budget, but at least one message', async () => {
  const reviews = Array.from({ length: 100 }, () => sized(100_000));
  for (const { id, body } of reviews) await publish('queue', id, body);
  batches = [];
  await service.startConsumer(insertReviews);
  for (const { id } of reviews) await isHandled(id);
  expect(Math.max(...batches)).toBeLessThanOrEqual(budget.batchBytes);
  expect(batches.length).toBeGreaterThan(2);
});

test('an error about thousands of fields is truncated', async () => {
  await service.startConsumer(insertReviews);
  const review = reviewWritten({ data: {} as Review });
  const body = Buffer.from(JSON.stringify({ ...review, more: Array<object>(20_000).fill({}) }));
  await publish('queue', review.id, body);
  expect(String((await deadLetterOf(review.id))['last_error']).length).toBeLessThanOrEqual(2_000);
});

test.each([
  [
    'takes larger messages than are handled',
    1_024,
    /takes messages larger than 1024 bytes: set max_message_size = 1024/,
  ],
  ['refuses them', budget.largestBody, null],
])('a broker that %s is reported at the start', async (_what, largest, said) => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  await service.startConsumer(insertReviews, { largestBody: largest, log });
  const review = reviewWritten();
  await publish('queue', review.id, Buffer.from(JSON.stringify(review)));
  await isHandled(review.id);
  if (said) await eventually(() => lines.some((line) => said.test(line)), { describe: 'it is reported' });
  else expect(lines).toEqual([]);
});

test('the check of the broker’s limit distinguishes refused from accepted, and routes nothing', async () => {
  const connection = await connect(service.adminAmqpUrl);
  const check = (bytes: number) => checkMessageLimit(connection, bytes, 'reviews.no-such-exchange');
  expect([await check(budget.largestBody), await check(budget.largestBody - 1)]).toEqual(['refused', 'accepted']);
  await connection.close();
});

test('a connection lost during the check says nothing of the limit', async () => {
  const { hostname: host, port } = new URL(service.adminAmqpUrl);
  const network = await openTcpProxy({ target: { host, port: Number(port) }, protocol: 'amqp' });
  const connection = await connect(network.through(service.adminAmqpUrl));
  connection.on('error', () => undefined);
  const found = checkMessageLimit(connection, budget.largestBody, 'reviews.no-such-exchange').catch(
    () => 'interrupted',
  );
  network.reset();
  expect(await found).toBe('interrupted');
  await network.close();
});

test('a broker that cannot be reached for the check is not reported', async () => {
  const { hostname: host, port } = new URL(service.adminAmqpUrl);
  const network = await openTcpProxy({ target: { host, port: Number(port) } });
  network.refuse();
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const broker = { urls: [network.through(service.adminAmqpUrl)], name: 'reviews' };
  const report = createLimitReport({ broker, largest: budget.largestBody, owner: 'reviews', log });
  await report(new AbortController().signal);
  expect(lines).toEqual([]);
  await network.close();
});
