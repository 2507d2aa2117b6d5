import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { query } from '@mentor-sessions/local-stack/databases';
import { createTestStack } from './test-stack.ts';
import type { TestStack } from './test-stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await createTestStack();
});
afterAll(() => stack.close());

describe.each(['bookings', 'sessions'] as const)('the databases of a test stack: %s', (service) => {
  test('the application role owns nothing', async () => {
    const owned = 'select relname from pg_class where pg_get_userbyid(relowner) = current_user';
    await expect(query(stack[service].databaseUrl, owned)).resolves.toEqual([]);
  });

  test('the application role may create neither a table nor a temporary one', async () => {
    await expect(query(stack[service].databaseUrl, 'create table mine ()')).rejects.toMatchObject({ code: '42501' });
    await expect(query(stack[service].databaseUrl, 'create temporary table mine ()')).rejects.toMatchObject({
      code: '42501',
    });
  });

  test('the owner may', async () => {
    await expect(query(stack[service].adminDatabaseUrl, 'create table mine ()')).resolves.toEqual([]);
  });

  test('is a copy of the migrated template', async () => {
    const outbox = "select to_regclass('outbox') is not null as there";
    await expect(query(stack[service].databaseUrl, outbox)).resolves.toEqual([{ there: true }]);
  });
});

test('the application role of one service may not enter the database of the other', async () => {
  const foreign = new URL(stack.sessions.databaseUrl);
  foreign.pathname = new URL(stack.bookings.databaseUrl).pathname;
  await expect(query(foreign.href, 'select 1')).rejects.toMatchObject({ code: '42501' });
});
