import { connect } from 'amqplib';
import { pino, type Logger } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { openTcpProxy, type TcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import type { Message } from '../src/index.ts';
import { queue, reviewWritten, type Review } from './reviews.ts';
import { createThirdService, topology, type ThirdService } from './third-service.ts';

type Line = { readonly level: number; readonly msg: string; readonly err?: { readonly message: string } };

let service: ThirdService;
let lines: Line[];
let log: Logger;

beforeAll(async () => {
  service = await createThirdService();
});
afterEach(() => service.stop());
afterAll(() => service.close());

const ERROR = 50;
const WARN = 40;
const listening = (): Logger => {
  lines = [];
  return pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as Line) });
};
const insertReviews = async (tx: Queryable, messages: readonly Message<Review>[]): Promise<void> => {
  for (const { id, data } of messages) await tx.query('insert into reviews values ($1, $2)', [id, data.text]);
};
const said = (msg: string): Line[] => lines.filter((line) => line.msg.startsWith(msg));
const withPath = (path: string): string => Object.assign(new URL(service.amqpUrl), { pathname: path }).href;
const withPassword = (): string => Object.assign(new URL(service.amqpUrl), { password: 'wrong' }).href;

test.each([
  ['a virtual host that does not exist', () => withPath('/nosuch'), 'the virtual host "nosuch"'],
  ['a trailing slash, which names the virtual host ""', () => withPath('/'), 'the virtual host ""'],
  ['a wrong password', withPassword, 'refuses the login of user "reviews"'],
])('%s is logged as one sentence, at ERROR', async (_what, urlOf, words) => {
  log = listening();
  await service.startConsumer(insertReviews, { amqpUrl: urlOf(), log });
  const [line] = await eventually(() =>
    said('broker connection failed').length > 0 ? said('broker connection failed') : null,
  );
  expect(line).toMatchObject({ level: ERROR, err: { message: expect.stringContaining(words) } });
  expect(JSON.stringify(lines)).not.toContain(new URL(service.amqpUrl).password);
});

test('a lost connection is logged once, with its reason', async () => {
  const { hostname: host, port } = new URL(service.amqpUrl);
  const network: TcpProxy = await openTcpProxy({ target: { host, port: Number(port) }, protocol: 'amqp' });
  log = listening();
  const consumer = await service.startConsumer(insertReviews, { amqpUrl: network.through(service.amqpUrl), log });
  await eventually(() => said('broker connected').length === 2, { describe: 'consumer and drain are connected' });
  network.reset();
  await eventually(() => said('broker connected').length === 4, { describe: 'they are connected again' });
  await eventually(() => consumer.isReady());
  expect(said('broker connection lost')).toHaveLength(2); // one of the consumer, one of the drain
  for (const line of said('broker connection lost'))
    expect(line).toMatchObject({ level: WARN, err: { message: expect.stringMatching(/ECONNRESET|Unexpected close/) } });
  expect(lines.filter(({ level }) => level >= WARN)).toHaveLength(2);
  await service.stop();
  await network.close();
});

test('a relay that declares only the exchange publishes although a queue has other arguments', async () => {
  const admin = await connect(service.adminAmqpUrl);
  const channel = await admin.createChannel();
  await channel.deleteQueue(queue.name);
  await channel.assertExchange(topology.exchange.name, topology.exchange.type, { durable: true });
  await channel.assertQueue(queue.name, { durable: true, arguments: { 'x-queue-type': 'classic' } });
  await channel.bindQueue(queue.name, topology.exchange.name, 'review.written');
  await service.startRelay({ topology: { exchange: topology.exchange, queues: [] } });
  await service.enqueue(reviewWritten());
  await eventually(async () => (await channel.checkQueue(queue.name)).messageCount === 1);
  await channel.deleteQueue(queue.name);
  await admin.close();
});

test('a message that expired in the queue is handled, and its row has the reason', async () => {
  const consumer = await service.startConsumer(insertReviews);
  await eventually(() => consumer.isReady(), { describe: 'the queue is there' });
  await service.stop();
  const admin = await connect(service.adminAmqpUrl);
  const channel = await admin.createConfirmChannel();
  const review = reviewWritten();
  const properties = { messageId: review.id, userId: 'reviews', expiration: '1' };
  channel.publish('mentoring.events', 'review.written', Buffer.from(JSON.stringify(review)), properties);
  await channel.waitForConfirms();
  await eventually(async () => (await channel.checkQueue(queue.deadQueue)).messageCount === 1, {
    describe: 'the broker has dead-lettered it',
  });
  await service.startConsumer(insertReviews);
  const row = await eventually(async () => {
    const [found] = await service.db.query('select * from dead_letters where message_id = $1', [review.id]);
    return found?.['resolution'] ? found : null;
  });
  expect(row).toMatchObject({
    reason: 'expired',
    resolution: 'handled',
    last_error: expect.stringContaining('message-ttl'),
  });
  await admin.close();
});
