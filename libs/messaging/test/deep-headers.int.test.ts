import { connect, type Channel, type ChannelModel } from 'amqplib';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import type { Message } from '../src/index.ts';
import { queue, reviewWritten, type Review } from './reviews.ts';
import { createThirdService, type ThirdService } from './third-service.ts';

let service: ThirdService;
let wire: ChannelModel;
beforeAll(async () => {
  service = await createThirdService();
  const consumer = await service.startConsumer(insertReviews);
  await eventually(() => consumer.isReady(), { describe: 'the queue is there' });
  await service.stop();
  wire = await connect(service.adminAmqpUrl);
});
afterEach(() => service.stop());
afterAll(async () => {
  await wire.close();
  await service.close();
});

const insertReviews = async (tx: Queryable, messages: readonly Message<Review>[]): Promise<void> => {
  for (const { id, data } of messages) await tx.query('insert into reviews values ($1, $2)', [id, data.text]);
};

/** Of 105 KB; amqplib cannot encode it either. */
const DEPTH = 15_000;
const LEVEL = 7; // length and name of the field, its type, the length of its table

const uint = (value: number, bytes: 2 | 4): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};
const short = (text: string): Buffer => Buffer.from([text.length, ...Buffer.from(text)]);
const deepTable = Buffer.concat([
  uint(DEPTH * LEVEL, 4),
  ...Array.from({ length: DEPTH }, (_, n) =>
    Buffer.concat([short('a'), Buffer.from('F'), uint((DEPTH - 1 - n) * LEVEL, 4)]),
  ),
]);

const [METHOD, HEADER, BODY, END] = [1, 2, 3, 206];
const frame = (type: number, channel: number, ...payload: Buffer[]): Buffer => {
  const bytes = Buffer.concat(payload);
  return Buffer.concat([Buffer.from([type]), uint(channel, 2), uint(bytes.length, 4), bytes, Buffer.from([END])]);
};

/** A valid review, its frames written by hand. */
const publishDeep = async (exchange: string, key: string): Promise<string> => {
  const review = reviewWritten();
  const body = Buffer.from(JSON.stringify(review));
  const channel = await wire.createChannel();
  const { ch: number } = channel as Channel & { ch: number };
  const flags = 0x8000 | 0x2000 | 0x0080 | 0x0010; // content type, headers, message id, user id
  const properties = [short('application/json'), deepTable, short(review.id), short('reviews')];
  const { stream } = wire.connection as unknown as { stream: { write(bytes: Buffer): void } };
  stream.write(
    Buffer.concat([
      frame(METHOD, number, uint(60, 2), uint(40, 2), uint(0, 2), short(exchange), short(key), Buffer.from([0])),
      frame(HEADER, number, uint(60, 2), uint(0, 2), uint(0, 4), uint(body.length, 4), uint(flags, 2), ...properties),
      frame(BODY, number, body),
    ]),
  );
  await channel.checkQueue(queue.name); // the broker has read what was before
  await channel.close();
  return review.id;
};

const publishPlain = async (): Promise<string> => {
  const review = reviewWritten();
  const channel = await wire.createConfirmChannel();
  const properties = { messageId: review.id, userId: 'reviews' };
  channel.publish('mentoring.events', 'review.written', Buffer.from(JSON.stringify(review)), properties);
  await channel.waitForConfirms();
  await channel.close();
  return review.id;
};

const isHandled = (id: string) =>
  eventually(async () => (await service.db.query('select from reviews where id = $1', [id])).length === 1, {
    describe: 'it is handled',
  });

test('a message with headers nested beyond the stack is handled like those around it, and ends no connection', async () => {
  const ids = [await publishPlain(), await publishDeep('mentoring.events', 'review.written'), await publishPlain()];
  await service.startConsumer(insertReviews);
  for (const id of ids) await isHandled(id);
  expect(service.logged('broker connection lost')).toBe(0);
});

test('such a message in the dead queue does not hold up the others there', async () => {
  const ids = [];
  for (let n = 0; n < 2; n++) ids.push(await publishDeep(queue.deadLetterExchange, queue.name));
  await service.startConsumer(insertReviews);
  for (const id of ids) await isHandled(id);
  expect(service.logged('broker connection lost')).toBe(0);
});
