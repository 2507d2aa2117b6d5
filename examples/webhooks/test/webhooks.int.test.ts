import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  createDatabase,
  databaseName,
  dropDatabases,
  type ServiceDatabase,
} from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { launch, repository, type Launched } from '@mentor-sessions/local-stack/launch';
import { openSessionWire, untilConsumed, type SessionWire } from '@mentor-sessions/lab/session-wire';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';
import { completedSession } from '../../../libs/messaging/test/completed-session.ts';
import { openReceiver } from './receiver.ts';

const queue = 'webhooks.session-completed';
let vhost: Vhost;
let database: ServiceDatabase;
let wire: SessionWire;
let owner: pg.Client;
let receiver: Awaited<ReturnType<typeof openReceiver>>;
let subscriber: Launched;
let secret: string;

const run = (main: string, args: string[] = []): Promise<Launched> =>
  launch({
    args: [`${repository}examples/webhooks/src/${main}`, ...args],
    env: {
      AMQP_URL: vhost.urls['webhooks'] ?? '',
      ADMIN_DATABASE_URL: database.adminDatabaseUrl,
      DATABASE_URL: database.databaseUrl,
      TRUSTED_RECEIVERS: receiver.host,
    },
  });
const start = async (): Promise<void> => {
  subscriber = await run('main.ts');
  await untilConsumed(vhost.amqpUrl, queue);
};
const addEndpoint = async (url: string): Promise<string> => {
  const adding = await run('add-endpoint.ts', [url]);
  expect(await adding.exited).toBe(0);
  return adding.log().trim();
};
const deliveries = async (): Promise<unknown[]> =>
  (
    await owner.query(
      'select attempts, outcome, due_at is not null as waits, delivered_at is not null as taken from webhook_deliveries',
    )
  ).rows;
const timePasses = () => owner.query('update webhook_deliveries set due_at = now() where due_at is not null');
const idsReceived = (): string[] => receiver.received.map(({ headers }) => headers['webhook-id'] ?? '').toSorted();
const idsOf = (some: readonly { id: string }[]): string[] => some.map(({ id }) => id).toSorted();

beforeAll(async () => {
  const { broker, postgres } = testBacking();
  vhost = await createVhost(broker, { subscribers: ['webhooks'] });
  database = await createDatabase(postgres.adminUrl, 'webhooks');
  owner = new pg.Client({ connectionString: database.adminDatabaseUrl });
  await owner.connect();
  receiver = await openReceiver();
  const migration = await run('migrate.ts');
  expect([await migration.exited, migration.log()]).toEqual([0, '']);
  wire = await openSessionWire(vhost.amqpUrl);
  await start();
}, 60_000);
beforeEach(async () => {
  await owner.query('truncate webhook_deliveries, webhook_endpoints');
  receiver.received.length = 0;
  receiver.answerWith(204);
  secret = await addEndpoint(`http://${receiver.host}/hook`);
});
afterAll(async () => {
  await subscriber.end('SIGTERM', 10_000);
  receiver.close();
  await wire.close();
  await owner.end();
  await vhost.close();
  await dropDatabases(testBacking().postgres.adminUrl, [databaseName(database.databaseUrl)]);
}, 30_000);

test('each completed session is posted once, signed, whatever the number of copies', async () => {
  const some = Array.from({ length: 50 }, () => completedSession());
  await wire.publish(some, 3);
  await eventually(() => receiver.received.length >= 50, { within: 20_000 });
  await eventually(async () => (await wire.waiting(queue)) === 0);
  expect(idsReceived()).toEqual(idsOf(some));
  const webhook = new Webhook(secret);
  const bodies = receiver.received.map(({ body, headers }) => webhook.verify(body, headers));
  expect(bodies).toContainEqual({ type: some[0]?.type, timestamp: some[0]?.time, data: some[0]?.data });
}, 40_000);

test('a delivery that the receiver refuses is retried later with the same id', async () => {
  receiver.answerWith(503, { 'retry-after': '100' });
  const event = completedSession();
  await wire.publish([event]);
  await eventually(async () => receiver.received.length === 1);
  const waiting = { attempts: 1, outcome: '503', waits: true, taken: false };
  await eventually(async () => (await deliveries()).some((row) => JSON.stringify(row) === JSON.stringify(waiting)));
  const later = await owner.query<{ later: boolean }>(
    `select due_at > now() + interval '90 seconds' as later from webhook_deliveries`,
  );
  expect(later.rows).toEqual([{ later: true }]);
  receiver.answerWith(204);
  await timePasses();
  await eventually(async () => receiver.received.length === 2);
  expect(new Set(idsReceived())).toEqual(new Set([event.id]));
  await eventually(async () => JSON.stringify(await deliveries()).includes('"taken":true'));
  expect(await deliveries()).toEqual([{ attempts: 2, outcome: '204', waits: false, taken: true }]);
});

test('an endpoint that answers 410 gets no further deliveries; the others do', async () => {
  receiver.answerWith(410);
  await wire.publish([completedSession()]);
  await eventually(async () => JSON.stringify(await deliveries()).includes('"410"'));
  expect(await deliveries()).toEqual([{ attempts: 1, outcome: '410', waits: false, taken: false }]);
  receiver.answerWith(204);
  receiver.received.length = 0;
  await addEndpoint(`http://${receiver.host}/other`);
  await wire.publish([completedSession()]);
  await eventually(() => receiver.received.length === 1);
  expect(await deliveries()).toHaveLength(2);
});

test('a private address is never dialled, and the delivery says why', async () => {
  await owner.query('truncate webhook_deliveries, webhook_endpoints');
  await addEndpoint('https://localhost/hook');
  await wire.publish([completedSession()]);
  await eventually(async () => JSON.stringify(await deliveries()).includes('not a public address'));
  expect(receiver.received).toEqual([]);
});

test('killed with deliveries in hand, another process sends them when the claim runs out', async () => {
  const some = Array.from({ length: 50 }, () => completedSession());
  await wire.publish(some);
  await eventually(() => receiver.received.length > 0);
  subscriber.signal('SIGKILL');
  await subscriber.exited;
  await timePasses();
  await start();
  await eventually(() => new Set(idsReceived()).size === 50, { within: 20_000 });
  expect([...new Set(idsReceived())]).toEqual(idsOf(some));
}, 60_000);
