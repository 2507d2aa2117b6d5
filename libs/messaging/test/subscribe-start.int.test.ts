import pg from 'pg';
import { pino, type Logger } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { bookingAccepted, sessionCompleted } from '@mentor-sessions/contracts';
import { createDatabase, databaseName, dropDatabases } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { Misconfigured, subscribe, type PublishedEvent, type Subscriber } from '../src/index.ts';
import { readSql } from '../src/sql.ts';
import { completedSession } from './completed-session.ts';

const queue = 'reviews.session-completed';
let vhost: Vhost;
let amqpUrl: string;
let admin: ChannelModel;
let channel: Channel;
const databases: { databaseUrl: string; adminDatabaseUrl: string }[] = [];
let subscribers: Subscriber[] = [];
let lines: { level: number; msg: string; err?: { message: string }; others?: number }[] = [];
let log: Logger;

beforeAll(async () => {
  vhost = await createVhost(testBacking().broker, { subscribers: ['reviews'] });
  amqpUrl = vhost.urls['reviews'] ?? '';
  admin = await connect(vhost.amqpUrl);
  channel = await admin.createChannel();
  await channel.assertExchange('mentoring.events', 'topic', { durable: true });
});
afterEach(async () => {
  for (const subscriber of subscribers) await subscriber.stop();
  subscribers = [];
  for (const name of [queue, `${queue}.dead`]) await channel.deleteQueue(name);
});
afterAll(async () => {
  await admin.close();
  await vhost.close();
  await dropDatabases(
    testBacking().postgres.adminUrl,
    databases.map(({ databaseUrl }) => databaseName(databaseUrl)),
  );
});

type Over = { amqpUrl?: string; queue?: string; database?: string; schema?: string; event?: PublishedEvent };
const starting = ({ database, ...over }: Over = {}, more: { signal?: AbortSignal; seen?: string[] } = {}) => {
  lines = [];
  log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) });
  const handle = async (messages: readonly { id: string }[]): Promise<void> =>
    void more.seen?.push(...messages.map(({ id }) => id));
  const options = { amqpUrl, event: sessionCompleted as PublishedEvent, queue, log, handle, ...over, ...more };
  const subscribing = database === undefined ? subscribe(options) : subscribe({ ...options, database });
  return subscribing.then((subscriber) => {
    subscribers.push(subscriber);
    return subscriber;
  });
};
const refusal = async (over: Over): Promise<string> => {
  const error = await starting(over).then(
    () => new Error('it has started'),
    (reason: unknown) => reason as Error,
  );
  expect(error).toBeInstanceOf(Misconfigured);
  expect(error.message.split('\n')).toHaveLength(1);
  for (const url of [amqpUrl, over.database ?? amqpUrl])
    expect(error.message).not.toContain(URL.parse(url)?.password || 'no password');
  return error.message;
};
const changed = (url: string, change: Partial<URL>): string => Object.assign(new URL(url), change).href;
const created = async (sql: string, app = 'reviews_app') => {
  const database = await createDatabase(testBacking().postgres.adminUrl, 'reviews');
  databases.push(database);
  const owner = new pg.Client({ connectionString: database.adminDatabaseUrl });
  await owner.connect();
  const tables = new URL('../sql/inbox.sql', import.meta.url);
  if (sql) await owner.query(`${readSql(tables, new Map([['app', app]]))};${sql}`);
  await owner.end();
  return database.databaseUrl;
};
const closedPort = 'amqp://reviews:secret@127.0.0.1:1';

test.each<[string, Over, string]>([
  ['an empty amqpUrl', { amqpUrl: '' }, 'amqpUrl is empty'],
  ['an amqpUrl that is no URL', { amqpUrl: 'localhost' }, 'amqpUrl is no valid URL'],
  ['an amqpUrl of HTTP', { amqpUrl: 'http://localhost:15672' }, 'amqpUrl begins with http:'],
  ['a password with a slash in it', { amqpUrl: 'amqp://reviews:a/b@localhost' }, 'percent-encoded'],
  ['a password with a bare %', { amqpUrl: 'amqp://reviews:100%@localhost' }, 'a % that encodes nothing'],
  ['a second node that is empty', { amqpUrl: 'amqp://localhost,' }, 'amqpUrl is empty'],
  ['an empty database URL', { database: '' }, 'database is empty'],
  ['a database of another kind', { database: 'mysql://localhost/x' }, 'database begins with mysql:'],
  ['no queue', { queue: '' }, 'queue must be a name'],
  ['a queue of the sessions service', { queue: 'sessions.booking-accepted' }, 'belongs to the sessions service'],
  ['a queue name of the bookings service', { queue: 'bookings.mine' }, 'belongs to the bookings service'],
  ['a queue name of the broker', { queue: 'amq.mine' }, 'belongs to the broker'],
])('rejects %s without a connection', async (_, over, words) => {
  expect(await refusal({ amqpUrl: closedPort, ...over })).toContain(words);
});

test.each<[string, () => Over, string]>([
  [
    'a wrong password',
    () => ({ amqpUrl: changed(amqpUrl, { password: 'wrong' }) }),
    'refuses the login of user "reviews"',
  ],
  ['a virtual host that does not exist', () => ({ amqpUrl: changed(amqpUrl, { pathname: '/nosuch' }) }), '"nosuch"'],
  ['a queue outside its permissions', () => ({ queue: 'emails.session-completed' }), 'docs/for-event-consumers.md'],
  ['an event outside its topic permissions', () => ({ event: bookingAccepted }), 'holds private data'],
  ['TLS at a port without it', () => ({ amqpUrl: amqpUrl.replace('amqp:', 'amqps:') }), 'does not speak TLS'],
  [
    'a certificate file that does not exist',
    () => ({ amqpUrl: `${amqpUrl.replace('amqp:', 'amqps:')}?cacertfile=/no/such.pem` }),
    '/no/such.pem',
  ],
])('rejects %s, as the broker says', async (_, over, words) => {
  expect(await refusal(over())).toContain(words);
});

test('rejects a queue that exists with other arguments', async () => {
  await channel.assertQueue(queue, { durable: true });
  expect(await refusal({})).toMatch(/exists with other arguments: choose another name.*inequivalent arg/);
});

test.each<[string, string, (url: string) => Over, string]>([
  ['no tables', '', (database) => ({ database }), 'relation "inbox" does not exist'],
  ['a wrong password', '', (database) => ({ database: changed(database, { password: 'wrong' }) }), 'refuses the login'],
  ['no such database', '', (database) => ({ database: changed(database, { pathname: '/nosuch' }) }), '"nosuch"'],
  [
    'no such schema',
    'select',
    (database) => ({ database, schema: 'elsewhere' }),
    'check the database URL and the schema',
  ],
  ['TLS that the server lacks', '', (database) => ({ database: `${database}?sslmode=verify-full` }), 'sslmode'],
  ['an older table', 'alter table inbox drop column content_hash', (database) => ({ database }), 'older or newer'],
  ['no index of before', 'drop index dead_letter_open_once', (database) => ({ database }), 'older or newer'],
  ['a newer table', 'alter table dead_letters add column tenant text not null', (database) => ({ database }), 'tenant'],
  ['no grants', 'revoke insert on dead_letters from reviews_app', (database) => ({ database }), 'permission denied'],
])('rejects a database with %s', async (_, sql, over, words) => {
  expect(await refusal(over(await created(sql)))).toContain(words);
});

test('resolves when the queue is bound and consumed: what is published then arrives, and nothing is left in the tables', async () => {
  const seen: string[] = [];
  const database = await created('select');
  const subscriber = await starting({ database }, { seen });
  expect(subscriber.isReady()).toBe(true);
  const event = completedSession();
  const properties = { messageId: event.id, userId: 'sessions' };
  channel.publish('mentoring.events', event.type, Buffer.from(JSON.stringify(event)), properties);
  await eventually(() => seen.includes(event.id));
  const reader = new pg.Client({ connectionString: database });
  await reader.connect();
  expect((await reader.query('select message_id from inbox')).rows).toEqual([{ message_id: event.id }]);
  expect((await reader.query('select 1 from dead_letters')).rows).toEqual([]);
  await reader.end();
});

test.each<[string, Over]>([
  ['a broker that refuses connections', { amqpUrl: closedPort }],
  ['a broker whose name does not resolve', { amqpUrl: 'amqp://no-such-host.invalid' }],
  ['a database that refuses connections', { database: 'postgresql://reviews:secret@127.0.0.1:1/reviews' }],
])('waits for %s, says so once, and stops waiting at the signal', async (_, over) => {
  const giveUp = new AbortController();
  let isSettled = false;
  const waiting = starting(over, { signal: giveUp.signal }).finally(() => (isSettled = true));
  waiting.catch(() => undefined);
  const warnings = () => lines.filter(({ level }) => level >= 40);
  await eventually(() => warnings().length > 0);
  // the broker serves others meanwhile, over and over: time enough for a loop to show
  for (let n = 0; n < 20; n++) await (await connect(amqpUrl)).close();
  expect(isSettled).toBe(false);
  expect(warnings()).toEqual([expect.objectContaining({ msg: expect.stringContaining('will keep trying') })]);
  expect(JSON.stringify(lines)).not.toContain('secret');
  giveUp.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('waits for an exchange that the services have not declared yet', async () => {
  const fresh = await createVhost(testBacking().broker, { subscribers: ['reviews'] });
  const connection = await connect(fresh.amqpUrl);
  const own = await connection.createChannel();
  await own.deleteExchange('mentoring.events');
  const waiting = starting({ amqpUrl: fresh.urls['reviews'] ?? '' });
  await eventually(() => lines.some(({ msg }) => msg.includes('the exchange does not exist: start the services')));
  await own.assertExchange('mentoring.events', 'topic', { durable: true });
  expect((await waiting).isReady()).toBe(true);
  await connection.close();
  for (const subscriber of subscribers.splice(0)) await subscriber.stop();
  await fresh.close();
});

test('a signal that is aborted already starts nothing', async () => {
  await expect(starting({}, { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late');
  expect(lines).toEqual([]);
});

test('logs one line for its connections, other consumers as information, and a lost connection with its reason', async () => {
  const fresh = await createVhost(testBacking().broker, { subscribers: ['reviews'] });
  const connection = await connect(fresh.amqpUrl);
  connection.on('error', () => undefined);
  await (await connection.createChannel()).assertExchange('mentoring.events', 'topic', { durable: true });
  const to = { amqpUrl: fresh.urls['reviews'] ?? '' };
  await starting(to);
  const said = (words: string) => lines.filter(({ msg }) => msg.includes(words));
  await eventually(() => said('broker connected').length === 1);
  expect(said('other consumers')).toEqual([]);
  await starting(to);
  expect(said('other consumers')).toEqual([expect.objectContaining({ level: 30, others: 1 })]);
  await eventually(() => said('broker connected').length === 1);
  await fresh.close(); // the broker closes the connections, and says why
  await eventually(() => said('broker connection lost').length > 0);
  const reason = expect.stringContaining('vhost');
  expect(said('broker connection lost')[0]).toMatchObject({ level: 40, err: { message: reason } });
});
