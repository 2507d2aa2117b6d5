import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { isPublish, openTcpProxy, type TcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { Unavailable } from '@mentor-sessions/service-kit/errors';
import type { Message } from '../src/index.ts';
import { queue, reviewWritten, type Review } from './reviews.ts';
import { createThirdService, spy, type ThirdService } from './third-service.ts';

let service: ThirdService;
let network: TcpProxy;
let amqpUrl: string; // through the network
beforeAll(async () => {
  service = await createThirdService();
  const { hostname: host, port } = new URL(service.amqpUrl);
  network = await openTcpProxy({ target: { host, port: Number(port) }, protocol: 'amqp' });
  amqpUrl = network.through(service.amqpUrl);
});
afterEach(async () => {
  await service.stop();
  network.heal();
});
afterAll(async () => {
  await network.close();
  await service.close();
});

const insertReviews = async (tx: Queryable, messages: readonly Message<Review>[]): Promise<void> => {
  for (const { id, data } of messages) await tx.query('insert into reviews values ($1, $2)', [id, data.text]);
};
const databaseError = () => new Unavailable('the database cannot be reached');
const outboxIsEmpty = () =>
  eventually(async () => (await service.db.query('select 1 from outbox')).length === 0, {
    describe: 'the outbox is empty',
  });
const haveEffect = (ids: readonly string[]) =>
  eventually(
    async () => {
      const rows = await service.db.query('select id from reviews where id = any($1::uuid[])', [ids]);
      if (rows.length < ids.length) throw new Error(`${rows.length} of ${ids.length}`);
      return true;
    },
    { describe: 'every message has its effect' },
  );
const msOf = async (work: () => Promise<void>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};
/** Past the relay, as if it had published them. */
const publish = async (target: 'queue' | 'dead queue', ...reviews: { id: string }[]): Promise<void> => {
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createConfirmChannel();
  const [exchange, key] =
    target === 'queue' ? ['mentoring.events', 'review.written'] : [queue.deadLetterExchange, queue.name];
  for (const review of reviews) {
    channel.publish(exchange, key, Buffer.from(JSON.stringify(review)), { messageId: review.id, userId: 'reviews' });
  }
  await channel.waitForConfirms();
  await connection.close();
};

test('a connection that goes silent with outstanding confirms is replaced, and the new one publishes', async () => {
  const wire = await spy(service.adminAmqpUrl, 'review.#');
  await service.startRelay({ mustReachAQueue: false, confirmTimeoutMs: 1_000, amqpUrl });
  await service.enqueue(reviewWritten());
  await outboxIsEmpty();
  network.cutBefore(isPublish, { silent: true });
  const late = reviewWritten();
  await service.enqueue(late);
  await outboxIsEmpty();
  expect(wire.seen.some(({ id }) => id === late.id)).toBe(true);
  await wire.close();
});

test('a stop does not wait for a broker that does not answer, and unconfirmed rows stay in the outbox', async () => {
  await service.startRelay({ mustReachAQueue: false, amqpUrl });
  const consumer = await service.startConsumer(insertReviews, { amqpUrl });
  await service.enqueue(reviewWritten());
  await outboxIsEmpty();
  await eventually(() => consumer.isReady(), { describe: 'the consumer is registered' });
  network.blackHole();
  const waiting = reviewWritten();
  await service.enqueue(waiting);
  expect(await msOf(() => service.stop())).toBeLessThan(12_000); // each of the three on its own: less than 5 s
  expect(await service.db.query('select message_id from outbox')).toEqual([{ message_id: waiting.id }]);
  await service.startRelay({ mustReachAQueue: false });
  await outboxIsEmpty();
});

test('components that have just started stop at once, connected or not', async () => {
  for (let round = 0; round < 10; round++) {
    await service.startRelay({ mustReachAQueue: false });
    await service.startConsumer(insertReviews);
    const soon = Promise.withResolvers<void>();
    setTimeout(soon.resolve, round * 4); // another point of the handshake each time
    await soon.promise;
    expect(await msOf(() => service.stop())).toBeLessThan(3_000);
  }
});

test('a drain that waits for the database stops at once, and the message stays in the queue', async () => {
  let tries = 0;
  await service.startConsumer(async () => {
    tries += 1;
    throw databaseError();
  });
  const suspect = reviewWritten();
  await publish('dead queue', suspect);
  await eventually(() => tries > 0, { describe: 'the drain has tried' });
  expect(await msOf(() => service.stop())).toBeLessThan(3_000);
  const kept = await service.db.query('select reason, resolved_at from dead_letters where message_id = $1', [
    suspect.id,
  ]);
  expect(kept).toEqual([{ reason: 'sent-to-dead-queue', resolved_at: null }]);
});

test('at a stop, a batch that the database refused is requeued, not acknowledged with later ones', async () => {
  const reviews = Array.from({ length: 12 }, () => reviewWritten());
  const ids = reviews.map(({ id }) => id);
  let calls = 0;
  let stopped: Promise<void> | undefined;
  const consumer = await service.startConsumer(
    async (tx, messages) => {
      if (messages.some(({ id }) => ids.includes(id))) calls += 1;
      else return insertReviews(tx, messages);
      if (calls === 2) stopped = service.stop();
      if (calls <= 2) throw databaseError();
      await insertReviews(tx, messages);
    },
    { batchSize: 3 },
  );
  await eventually(() => consumer.isReady(), { describe: 'the consumer is registered' });
  await publish('queue', ...reviews);
  await eventually(() => stopped !== undefined, { describe: 'unavailable twice' });
  await stopped;
  await service.startConsumer(insertReviews);
  await haveEffect(ids);
});
