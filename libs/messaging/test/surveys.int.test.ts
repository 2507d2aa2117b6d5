import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openSessionWire, untilConsumed, type SessionWire } from '@mentor-sessions/lab/session-wire';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import {
  createDatabase,
  databaseName,
  dropDatabases,
  query,
  type ServiceDatabase,
} from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { launch, type Launched } from '@mentor-sessions/local-stack/launch';
import { createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';
import { readSql } from '../src/sql.ts';
import { completedSession } from './completed-session.ts';
import { spy } from './third-service.ts';

// examples/surveys, which the README shows: a service with an outbox, beside bookings and sessions

const example = (file: string): URL => new URL(`../../../examples/surveys/${file}`, import.meta.url);
let vhost: Vhost;
let database: ServiceDatabase;
let wire: SessionWire;
let service: Launched;

beforeAll(async () => {
  const { broker, postgres } = testBacking();
  vhost = await createVhost(broker, { publishes: { surveys: '^survey\\..*', sessions: '^session\\..*' } });
  database = await createDatabase(postgres.adminUrl, 'surveys');
  await query(database.adminDatabaseUrl, readSql(example('surveys.sql')));
  wire = await openSessionWire(vhost.amqpUrl);
  const env = { AMQP_URL: vhost.urls['surveys'] ?? '', DATABASE_URL: database.databaseUrl };
  service = await launch({ args: [fileURLToPath(example('service.ts'))], env });
  await untilConsumed(vhost.amqpUrl, 'surveys.session-completed');
}, 60_000);
afterAll(async () => {
  await service.end('SIGTERM', 10_000);
  await wire.close();
  await vhost.close();
  await dropDatabases(testBacking().postgres.adminUrl, [databaseName(database.databaseUrl)]);
}, 30_000);

test('each completed session becomes a survey and an event, with copies', async () => {
  const events = Array.from({ length: 20 }, () => completedSession());
  const seen = await spy(vhost.amqpUrl, 'survey.requested');
  await wire.publish(events, 3);
  const sessions = events.map(({ data }) => data.sessionId).toSorted();
  const published = () => seen.seen.map(({ subject }) => subject).toSorted();
  await eventually(() => published().length >= sessions.length, { describe: 'all surveys are published' });
  await eventually(async () => (await wire.waiting('surveys.session-completed')) === 0);
  await seen.close();
  expect(published()).toEqual(sessions);
  const rows = await query<{ id: string }>(
    database.adminDatabaseUrl,
    'select session_id as id from surveys order by 1',
  );
  expect(rows.map(({ id }) => id)).toEqual(sessions);
  expect(await query(database.adminDatabaseUrl, 'select from dead_letters')).toEqual([]);
});

test('SIGTERM ends it with exit code 0', async () => {
  service.signal('SIGTERM');
  expect(await service.exited).toBe(0);
});
