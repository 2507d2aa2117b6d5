import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { launch, repository, type Launched } from '@mentor-sessions/local-stack/launch';
import { openSessionWire, untilConsumed, type SessionWire } from '@mentor-sessions/lab/session-wire';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';
import { completedSession } from '../../../libs/messaging/test/completed-session.ts';

const queue = 'notifications.session-completed';
let vhost: Vhost;
let wire: SessionWire;
let receiver: Server;
let subscriber: Launched;
let answer = 202;
let keys: string[] = [];

const start = async (): Promise<void> => {
  const NOTIFY_URL = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const env = { AMQP_URL: vhost.urls['notifications'] ?? '', NOTIFY_URL };
  subscriber = await launch({ args: [`${repository}examples/notifications/src/main.ts`], env });
  await untilConsumed(vhost.amqpUrl, queue);
};
const events = (count: number) => Array.from({ length: count }, () => completedSession());
const idsOf = (some: readonly { id: string }[]): string[] => some.map(({ id }) => id).toSorted();

beforeAll(async () => {
  vhost = await createVhost(testBacking().broker, { subscribers: ['notifications'] });
  wire = await openSessionWire(vhost.amqpUrl);
  receiver = createServer((request, response) => {
    if (answer < 300) keys.push(String(request.headers['idempotency-key']));
    response.writeHead(answer).end();
    request.resume();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  await start();
}, 60_000);
beforeEach(() => {
  answer = 202;
  keys = [];
});
afterAll(async () => {
  await subscriber.end('SIGTERM', 10_000);
  receiver.close();
  await wire.close();
  await vhost.close();
}, 30_000);

test('notifies once per completed session, however many duplicates arrive', async () => {
  const some = events(50);
  await wire.publish(some, 3);
  await eventually(() => keys.length >= 50);
  await eventually(async () => (await wire.waiting(queue)) === 0);
  expect(keys.toSorted()).toEqual(idsOf(some));
});

test('while the notification service is away the messages wait, and none is a dead letter', async () => {
  answer = 503;
  const some = events(5);
  await wire.publish(some);
  await eventually(() => subscriber.log().includes('message held: what it needs is unavailable'));
  answer = 202;
  await eventually(() => keys.length >= 5);
  expect(keys.toSorted()).toEqual(idsOf(some));
  expect(await wire.waiting(`${queue}.dead`)).toBe(0);
});

test('what it refuses is kept in the dead queue', async () => {
  answer = 422;
  await wire.publish(events(1));
  await eventually(async () => (await wire.waiting(`${queue}.dead`)) === 1, { within: 20_000 });
}, 30_000);

test('notifies everyone after a crash; repeated notifications have the same key', async () => {
  const some = events(50);
  await wire.publish(some);
  subscriber.signal('SIGKILL');
  await subscriber.exited;
  await start();
  await eventually(() => new Set(keys).size === 50, { within: 20_000 });
  expect([...new Set(keys)].toSorted()).toEqual(idsOf(some));
}, 60_000);
