import { connect } from 'amqplib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { startNativeRabbitmq } from '@mentor-sessions/local-stack/native-rabbitmq';
import { makePrivateDirectory } from '@mentor-sessions/lab/servers/private-directory';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import type { Message } from '../src/index.ts';
import { queue, reviewWritten, type Review } from './reviews.ts';
import { createThirdService, type ThirdService } from './third-service.ts';

/** An alarm stops every publisher: a broker of its own. */
let directory: Awaited<ReturnType<typeof makePrivateDirectory>>;
let broker: Awaited<ReturnType<typeof startNativeRabbitmq>>;
let service: ThirdService;
beforeAll(async () => {
  directory = await makePrivateDirectory('alarm');
  broker = await startNativeRabbitmq(directory.path);
  service = await createThirdService({ broker });
});
afterAll(async () => {
  await service.close();
  await broker.kill();
  await directory.remove();
});

const insertReviews = async (tx: Queryable, messages: readonly Message<Review>[]): Promise<void> => {
  for (const { id, data } of messages) await tx.query('insert into reviews values ($1, $2)', [id, data.text]);
};

/** To the queue, which a consumer has declared. */
const publish = async (count: number): Promise<void> => {
  const consumer = await service.startConsumer(insertReviews);
  await eventually(() => consumer.isReady(), { describe: 'the queue is there' });
  await service.stop();
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createConfirmChannel();
  for (let n = 0; n < count; n++) {
    const review = reviewWritten();
    const properties = { messageId: review.id, userId: 'reviews' };
    channel.publish('mentoring.events', 'review.written', Buffer.from(JSON.stringify(review)), properties);
  }
  await channel.waitForConfirms();
  await connection.close();
};

const raiseAlarm = async (): Promise<void> => {
  await broker.control?.(['set_disk_free_limit', '90000GB']);
  const alarms = async () => (await broker.control?.(['eval', 'rabbit_alarm:get_alarms().'])) ?? '';
  await eventually(async () => (await alarms()).includes('disk'), { describe: 'the alarm is raised', within: 20_000 });
};

/** On a connection that publishes nothing. */
const waiting = async (): Promise<number> => {
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(queue.name);
  await connection.close();
  return messageCount;
};

// A connection that has published is not read from during an alarm: acknowledgements on it would wait, the queue would stay
// full, and an alarm that the full queue has caused would never end.
test('a consumer that starts during an alarm of the broker empties its queue', async () => {
  await publish(500);
  await raiseAlarm();
  await service.startConsumer(insertReviews);
  const handled = async (): Promise<number> => (await service.db.query('select from reviews')).length;
  await eventually(async () => (await handled()) === 500, { describe: 'all are handled', within: 20_000 });
  await service.stop();
  expect(await waiting()).toBe(0);
});
