import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { people } from '@mentor-sessions/lab/people';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { openSessions, type Sessions } from '../src/database/database.ts';
import { completeSession, startSession } from '../src/use-cases/sessions.ts';
import { insertSessions, plainSession } from './plain-sessions.ts';

let stack: TestStack;
let database: Database;
let db: Sessions;
beforeAll(async () => {
  stack = await createTestStack();
  const { databaseUrl: url } = stack.sessions;
  const log = createLogger({ service: 'sessions', role: 'test', level: 'silent' });
  database = createDatabase({ url, applicationName: 'test', log });
  db = openSessions(database);
});
afterAll(async () => {
  await db.close();
  await stack.close();
});

const scheduled = async () => {
  const app = await connected(stack.sessions.databaseUrl);
  const session = plainSession(0);
  await insertSessions(app, [session]);
  await app.end();
  return session;
};

const as = (actor: (typeof people)['its mentor'] | (typeof people)['its mentee'], id: string) => ({
  id,
  actor,
  ifMatch: () => true,
  messageId: randomUUID(),
});

/** The write takes effect, its answer is lost, and `meanwhile` happens before it is looked up. */
const losingAnswers = (meanwhile: () => Promise<unknown>): Sessions =>
  openSessions({
    ...database,
    write: async (statement, values, readBack) => {
      await database.write(statement, values, readBack);
      await meanwhile();
      return (await readBack()) ?? [];
    },
  });

test('a start whose response was lost is reported as done, although the session was completed before the look-up', async () => {
  const session = await scheduled();
  const forgetful = losingAnswers(() => completeSession(db, as(people['its mentor'], session.id)));
  const { row: started } = await startSession(forgetful, as(people['its mentee'], session.id));
  expect(started).toMatchObject({ id: session.id, startedBy: people['its mentee'].userId, status: 'in_progress' });
});

/** The write does not take effect, an equal one of the same person in the same millisecond does. */
const losingToATwin = (): Sessions =>
  openSessions({
    ...database,
    write: async (statement, values, readBack) => {
      await database.write(statement, { ...values, eventId: [randomUUID()] }, readBack);
      return (await readBack()) ?? [];
    },
  });

test('a start that did not happen is not mistaken for an equal one of the same millisecond', async () => {
  const session = await scheduled();
  const start = startSession(losingToATwin(), as(people['its mentee'], session.id));
  await expect(start).rejects.toMatchObject({ code: 'invalid-transition' });
});
