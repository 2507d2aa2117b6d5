import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bookingExpired } from '@mentor-sessions/contracts';
import { people } from '@mentor-sessions/lab/people';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createTimer } from '@mentor-sessions/messaging';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import pg from 'pg';
import { openBookings } from '../src/database/database.ts';
import { declineBooking } from '../src/use-cases/bookings.ts';
import { expireBookings } from '../src/use-cases/expire-bookings.ts';
import { insertBookings, plainBooking } from './plain-bookings.ts';

const log = createLogger({ service: 'bookings', role: 'test', level: 'silent' });

let stack: TestStack;
let database: Database;
let app: pg.Client;
let owner: pg.Client;
beforeAll(async () => {
  stack = await createTestStack();
  const { databaseUrl: url, adminDatabaseUrl } = stack.bookings;
  database = createDatabase({ url, applicationName: 'test', log });
  app = new pg.Client(url);
  owner = new pg.Client(adminDatabaseUrl);
  await Promise.all([app.connect(), owner.connect()]);
});
afterAll(async () => {
  await Promise.all([app.end(), owner.end(), database.close()]);
  await stack.close();
});

test('a draft expires when its end has passed, once; a booking that was decided before does not', async () => {
  const db = openBookings(database);
  const soon = { start: new Date(Date.now() + 1_000), end: new Date(Date.now() + 1_500) };
  const [draft, declined] = [plainBooking(0, soon), plainBooking(0, soon)];
  const tomorrow = plainBooking(0, {
    start: new Date(Date.now() + 86_400_000),
    end: new Date(Date.now() + 90_000_000),
  });
  await insertBookings(app, [draft, declined, tomorrow]);
  const command = { actor: people['its mentor'], ifMatch: () => true, messageId: randomUUID() };
  await declineBooking(db, { ...command, id: declined.id });

  const examine = expireBookings(db, randomUUID);
  const timers = [1, 2].map(() => createTimer({ database, examine, onCommitted: () => undefined, log, pollMs: 20 }));
  await Promise.all(timers.map((timer) => timer.start()));
  const waiting = async () => (await owner.query<{ aggregate_id: string }>('select aggregate_id from timers')).rows;
  await eventually(async () => (await waiting()).length === 1, { describe: 'the two timers of today are gone' });
  await Promise.all(timers.map((timer) => timer.stop()));

  expect(await waiting()).toEqual([{ aggregate_id: tomorrow.id }]);
  const { rows } = await owner.query(`select envelope from outbox where type = 'booking.expired'`);
  expect(rows).toHaveLength(1);
  const [{ envelope }] = rows;
  expect(envelope).toMatchObject({
    subject: draft.id,
    sequence: '0000000001',
    data: { dueAt: soon.end.toISOString() },
  });
  expect(bookingExpired.data.parse(envelope.data)).toEqual(envelope.data);

  await declineBooking(db, { ...command, id: draft.id, messageId: randomUUID() });
  const next = `select sequence from outbox where type = 'booking.declined' and aggregate_id = $1`;
  expect((await owner.query(next, [draft.id])).rows).toEqual([{ sequence: 2 }]); // above that of the expiry
});
