import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { people } from '@mentor-sessions/lab/people';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { createDatabase } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { bookingsDatabase, type BookingsDatabase } from '../src/database/database.ts';
import { acceptBooking } from '../src/use-cases/accept-booking.ts';
import { insertBookings, plainBooking } from './plain-bookings.ts';

let stack: TestStack;
let db: BookingsDatabase;
beforeAll(async () => {
  stack = await createTestStack();
  const { databaseUrl: url } = stack.bookings;
  const log = createLogger({ service: 'bookings', role: 'test', level: 'silent' });
  db = bookingsDatabase(createDatabase({ url, applicationName: 'test', log }), url);
});
afterAll(async () => {
  await db.close();
  await stack.close();
});

const acceptance = async (hour: number) => {
  const app = await connected(stack.bookings.databaseUrl);
  const booking = plainBooking(hour);
  await insertBookings(app, [booking]);
  await app.end();
  const [sessionId, messageId] = [randomUUID(), randomUUID()];
  return { id: booking.id, actor: people['its mentor'], ifMatch: () => true, sessionId, messageId };
};

test('an acceptance whose answer was lost is told as done', async () => {
  const command = await acceptance(0);
  const forgetful: BookingsDatabase = {
    ...db,
    write: async (statement, values, readBack) => {
      await db.write(statement, values, readBack);
      return (await readBack()) ?? [];
    },
  };
  const { booking } = await acceptBooking(forgetful, command);
  expect(booking).toMatchObject({ status: 'accepted', sessionId: command.sessionId });
});

/** Where the values of an acceptance hold the id of its message: in the booking, and in the outbox. */
const MESSAGE_IDS = [7, 8];

test('an acceptance that did not happen is not taken for an equal one of the same millisecond', async () => {
  const command = await acceptance(1);
  const losing: BookingsDatabase = {
    ...db,
    write: async (statement, values, readBack) => {
      const other = randomUUID();
      const twin = values.map((value, at) => (MESSAGE_IDS.includes(at) ? other : value));
      await db.write(statement, twin, readBack);
      return (await readBack()) ?? [];
    },
  };
  await expect(acceptBooking(losing, command)).rejects.toMatchObject({ code: 'invalid-transition' });
});
