import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { query } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createWorker } from '../src/operations/worker.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await createTestStack();
});
afterAll(() => stack.close());

test('a part that was paused before its process started does not work until it is resumed', async () => {
  const { databaseUrl, adminDatabaseUrl } = stack.bookings;
  await query(
    adminDatabaseUrl,
    "insert into paused_workers (target, paused_by, reason) values ('relay', 'olga', 'test')",
  );
  const log = pino({ level: 'silent' });
  const worker = createWorker({ databaseUrl, roles: ['relay'], version: 'test', log });
  let works = false;
  const working = worker.pauses.relay.whenResumed(new AbortController().signal).then(() => (works = true));
  await worker.start();
  await eventually(() => worker.pauses.relay.isPaused(), { describe: 'the process knows that it is paused' });
  expect(works).toBe(false);
  await query(adminDatabaseUrl, 'delete from paused_workers');
  await query(adminDatabaseUrl, "notify operations, 'workers'");
  await working;
  await worker.stop();
});

test('a process with nothing paused starts to work as soon as it has checked', async () => {
  const { databaseUrl } = stack.sessions;
  const log = pino({ level: 'silent' });
  const worker = createWorker({ databaseUrl, roles: ['consumer'], version: 'test', log });
  expect(worker.pauses.consumer.paused().aborted).toBe(true);
  expect(worker.pauses.consumer.isPaused()).toBe(false);
  await worker.start();
  await worker.pauses.consumer.whenResumed(new AbortController().signal);
  expect(worker.pauses.consumer.paused().aborted).toBe(false);
  await worker.stop();
});
