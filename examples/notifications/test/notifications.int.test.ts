import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import * as contracts from '@mentor-sessions/contracts';
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
import { openSmtpSink } from './smtp-sink.ts';

const [menteeUserId, mentorUserId, mentorProfileId] = [randomUUID(), randomUUID(), randomUUID()];
const start = '2099-12-01T09:00:00.000Z';
const queues = ['notifications.mentor', 'notifications.mentee'];
let vhost: Vhost;
let database: ServiceDatabase;
let wire: SessionWire;
let admin: pg.Client;
let smtp: Awaited<ReturnType<typeof openSmtpSink>>;
let service: Launched;

const run = (main: string): Promise<Launched> =>
  launch({
    args: [`${repository}examples/notifications/src/${main}`],
    env: {
      AMQP_URL: vhost.urls['notifications'] ?? '',
      ADMIN_DATABASE_URL: database.adminDatabaseUrl,
      DATABASE_URL: database.databaseUrl,
      SMTP_URL: smtp.url,
      MAIL_FROM: 'Mentoring <sessions@example.org>',
    },
  });
const startService = async (): Promise<void> => {
  service = await run('main.ts');
  for (const queue of queues) await untilConsumed(vhost.amqpUrl, queue);
};

/** As its service publishes it, about these two people. */
const anEvent = (event: contracts.EventDefinition, over: object = {}): contracts.Envelope => {
  const people = { menteeUserId, mentorUserId, mentorProfileId, metadata: { wish: 'a secret' }, start };
  const { subject, data } = event.example({ end: '2099-12-01T10:00:00.000Z', ...people, ...over }, randomUUID);
  const time = new Date().toISOString();
  return contracts.envelopeOf(event, { id: randomUUID(), subject, time, sequence: 1, correlationId: subject, data });
};
const isSettled = async (): Promise<boolean> =>
  (await Promise.all(queues.map((queue) => wire.waiting(queue)))).every((count) => count === 0);
const handled = async (id: string): Promise<number> =>
  (await admin.query('select from inbox where message_id = $1', [id])).rows.length;
const deadLetters = async (): Promise<unknown[]> =>
  (await admin.query('select message_id, queue, reason, last_error from dead_letters')).rows;
const sentFor = (id: string) => smtp.received.filter(({ messageId }) => messageId.includes(id));

beforeAll(async () => {
  const { broker, postgres } = testBacking();
  vhost = await createVhost(broker, { subscribers: ['notifications'] });
  database = await createDatabase(postgres.adminUrl, 'notifications');
  const adminUrl = new URL(postgres.adminUrl);
  adminUrl.pathname = databaseName(database.databaseUrl);
  admin = new pg.Client({ connectionString: adminUrl.href });
  await admin.connect();
  smtp = await openSmtpSink();
  const migration = await run('migrate.ts');
  expect([await migration.exited, migration.log()]).toEqual([0, '']);
  await admin.query(
    `insert into addresses values ($1, 'mentee@example.org'), ($2, 'mentor@example.org'), ($3, 'profile@example.org')`,
    [menteeUserId, mentorUserId, mentorProfileId],
  );
  wire = await openSessionWire(vhost.amqpUrl);
  await startService();
}, 60_000);
beforeEach(async () => {
  smtp.received.length = 0;
  smtp.refuse.clear();
  await admin.query('truncate dead_letters');
});
afterAll(async () => {
  await service.end('SIGTERM', 10_000);
  await smtp.close();
  await wire.close();
  await admin.end();
  await vhost.close();
  await dropDatabases(testBacking().postgres.adminUrl, [databaseName(database.databaseUrl)]);
}, 30_000);

const past = { start: '2020-12-01T09:00:00.000Z' };

test('each event sends one mail to each person concerned, whatever the number of copies', async () => {
  const expected: [contracts.EventDefinition, object, string[]][] = [
    [contracts.bookingRequested, {}, ['profile']],
    [contracts.bookingDeclined, {}, ['mentee']],
    [contracts.bookingCancelled, {}, ['profile']],
    [contracts.bookingExpired, {}, ['mentee']],
    [contracts.sessionScheduled, {}, ['mentee']],
    [contracts.sessionStarted, { startedBy: mentorUserId }, ['mentee']],
    [contracts.sessionStarted, { startedBy: menteeUserId }, ['mentor']],
    [contracts.sessionCompleted, {}, ['mentee']],
    [contracts.sessionStartingSoon, {}, ['mentee', 'mentor']],
    [contracts.sessionStartingSoon, past, []],
    [contracts.sessionStartOverdue, {}, ['mentee', 'mentor']],
    [contracts.sessionCompletionOverdue, {}, ['mentor']],
  ];
  const mailable = contracts.catalogue.filter(({ isInternal }) => !isInternal);
  expect(new Set(expected.map(([event]) => event))).toEqual(new Set(mailable));
  const events = expected.map(([event, over]) => anEvent(event, over));
  await wire.publish(events, 3);
  await eventually(() => smtp.received.length >= expected.flatMap(([, , people]) => people).length, { within: 20_000 });
  await eventually(isSettled);
  const people = events.map(({ id }) => sentFor(id).map(({ to }) => to.replace('@example.org', '')));
  expect(people.map((some) => some.toSorted())).toEqual(expected.map(([, , some]) => some));
  expect(smtp.received.filter(({ body }) => body.includes('secret'))).toEqual([]);
  expect(sentFor(events[0]?.id ?? '')[0]?.body).toContain('Tuesday, 1 December 2099 at 09:00 UTC');
  expect(await deadLetters()).toEqual([]);
}, 40_000);

test('a permanently refused recipient becomes a dead letter with the server’s response; the other one gets the mail', async () => {
  smtp.refuse.set('mentor@example.org', 550);
  const event = anEvent(contracts.sessionStartingSoon);
  await wire.publish([event]);
  await eventually(async () => (await deadLetters()).length > 0);
  await eventually(() => sentFor(event.id).length === 1);
  const refused = { message_id: event.id, queue: 'notifications.mentor', reason: 'refused' };
  expect(await deadLetters()).toEqual([{ ...refused, last_error: expect.stringContaining('550 not now, or never') }]);
});

test('a message for a person without an address becomes a dead letter', async () => {
  const event = anEvent(contracts.sessionCompleted, { menteeUserId: randomUUID() });
  await wire.publish([event]);
  await eventually(async () => (await deadLetters()).length > 0);
  expect(await deadLetters()).toMatchObject([{ message_id: event.id, reason: 'no-address' }]);
});

test('a temporary refusal waits, holds up no one else, and is sent later, once', async () => {
  smtp.refuse.set('mentor@example.org', 451);
  const [held, other] = [anEvent(contracts.sessionCompletionOverdue), anEvent(contracts.bookingRequested)];
  await wire.publish([held, other]);
  await eventually(() => sentFor(other.id).length === 1);
  await eventually(() => service.log().includes('451 not now, or never'));
  smtp.refuse.clear();
  await eventually(() => sentFor(held.id).length === 1, { within: 20_000 });
  await eventually(async () => (await handled(held.id)) === 1);
  expect(sentFor(held.id)).toHaveLength(1);
  expect(await deadLetters()).toEqual([]);
}, 40_000);

test('while the mail server is unreachable the mails wait, and none is a dead letter', async () => {
  await smtp.close();
  const some = Array.from({ length: 3 }, () => anEvent(contracts.sessionCompleted));
  await wire.publish(some);
  await eventually(() => service.log().includes('ECONNREFUSED'));
  await smtp.open();
  await eventually(() => some.every(({ id }) => sentFor(id).length === 1), { within: 20_000 });
  expect(await deadLetters()).toEqual([]);
}, 40_000);

// holds each COMMIT that entered the inbox, until the test ends its lock
const holdCommits = `create function wait() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock(1); return null; end $$;
  create constraint trigger wait after insert on inbox deferrable initially deferred
    for each row execute function wait();
  select pg_advisory_lock(1)`;

test('killed between the server’s 250 and the commit, it sends the mail again under the same Message-ID', async () => {
  await admin.query(holdCommits);
  const event = anEvent(contracts.sessionCompleted);
  await wire.publish([event]);
  const inCommit = `select pid from pg_locks join pg_database on oid = database
    where datname = current_database() and locktype = 'advisory' and not granted`;
  await eventually(async () => (await admin.query(inCommit)).rows.length > 0);
  service.signal('SIGKILL');
  await service.exited;
  expect(sentFor(event.id)).toHaveLength(1);
  await admin.query(`select pg_terminate_backend(pid) from (${inCommit}) as waiting`);
  await admin.query('drop function wait() cascade; select pg_advisory_unlock(1)');
  expect(await handled(event.id)).toBe(0);
  await startService();
  await eventually(async () => (await handled(event.id)) === 1, { within: 20_000 });
  const ids = sentFor(event.id).map(({ messageId }) => messageId);
  expect(ids).toEqual([ids[0], ids[0]]);
  expect(ids[0]).toBe(`<${event.id}.${menteeUserId}@example.org>`);
}, 60_000);

test('SIGTERM ends it with exit code 0', async () => {
  service.signal('SIGTERM');
  expect(await service.exited).toBe(0);
});
