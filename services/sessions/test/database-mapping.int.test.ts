import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { MikroORM } from '@mikro-orm/postgresql';
import { SessionEntity } from '../src/database/entity.ts';
import { lifecycle, start } from '../src/domain/session.ts';
import { acceptance, birth, booking, id } from './legal-writes.ts';

let stack: TestStack;
let orm: MikroORM;

beforeAll(async () => {
  stack = await createTestStack();
  orm = await MikroORM.init({ clientUrl: stack.sessions.databaseUrl, entities: [SessionEntity] });
});

afterAll(async () => {
  await orm.close(true);
  await stack.close();
});

test('the entity has a property for each column of its table', async () => {
  const rows = await orm.em
    .fork()
    .execute<{ name: string }[]>(
      `select attname as name from pg_attribute where attrelid = 'sessions'::regclass and attnum > 0 order by attnum`,
    );
  const mapped = orm
    .getMetadata()
    .get(SessionEntity.class)
    .props.flatMap(({ fieldNames }) => fieldNames);
  expect(mapped).toEqual(rows.map(({ name }) => name));
});

test('the database has the schema of the entity, including its rules', async () => {
  const em = orm.em.fork();
  await em.execute(acceptance(1));
  await em.execute(birth(1));
  const session = await em.findOneOrFail(SessionEntity, { id: id(1) });
  expect(session).toMatchObject({
    id: id(1),
    listingId: id(13),
    mentorProfileId: id(12),
    menteeUserId: id(11),
    status: 'scheduled',
    version: 1,
    notes: 'what to bring',
    metadata: { a: 'b' },
    startedAt: null,
    completedBy: null,
  });
  expect(`'${session.bookingId}'`).toBe(booking(1));
  expect(session.startTime.toISOString()).toBe('2030-01-02T10:00:00.000Z');
  const mentee = { userId: id(11), roles: ['mentee'], mentorProfileId: null };
  expect(lifecycle.allowedActions(session, mentee)).toEqual(['start']);
  expect(start(session, { actor: mentee, now: session.createdAt })).toMatchObject({
    status: 'in_progress',
    version: 2,
  });
});
