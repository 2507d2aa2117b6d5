import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { people } from '@mentor-sessions/lab/people';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { openBookings } from '../src/database/database.ts';
import { acceptBooking } from '../src/use-cases/bookings.ts';
import { insertBookings, plainBooking } from './plain-bookings.ts';

let stack: TestStack;
let database: Database;
beforeAll(async () => {
  stack = await createTestStack();
  const { databaseUrl: url } = stack.bookings;
  const log = createLogger({ service: 'bookings', role: 'test', level: 'silent' });
  database = createDatabase({ url, applicationName: 'test', log });
});
afterAll(async () => {
  await database.close();
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

test('an acceptance whose response was lost is reported as done', async () => {
  const command = await acceptance(0);
  const forgetful = openBookings({
    ...database,
    write: async (statement, values, readBack) => {
      await database.write(statement, values, readBack);
      return (await readBack()) ?? [];
    },
  });
  const { row } = await acceptBooking(forgetful, command);
  expect(row).toMatchObject({ status: 'accepted', sessionId: command.sessionId });
});

test('an acceptance that did not happen is not mistaken for an equal one of the same millisecond', async () => {
  const command = await acceptance(1);
  const losing = openBookings({
    ...database,
    write: async (statement, values, readBack) => {
      const other = randomUUID();
      await database.write(statement, { ...values, acceptedMessageId: [other], eventId: [other] }, readBack);
      return (await readBack()) ?? [];
    },
  });
  await expect(acceptBooking(losing, command)).rejects.toMatchObject({ code: 'invalid-transition' });
});
