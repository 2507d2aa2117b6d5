import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { MikroORM } from '@mikro-orm/postgresql';
import { databaseName } from '@mentor-sessions/local-stack/databases';
import { createDatabase } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { openBookings } from '../src/database/database.ts';
import { BookingEntity } from '../src/database/entity.ts';
import { allowedActions, decide } from '../src/domain/booking.ts';
import { birth, draft, id } from './legal-writes.ts';

let stack: TestStack;
let orm: MikroORM;

beforeAll(async () => {
  stack = await createTestStack();
  orm = await MikroORM.init({ clientUrl: stack.bookings.databaseUrl, entities: [BookingEntity] });
});

afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await orm.close(true);
  await stack.close();
});

test('the entity has a property for each column of its table', async () => {
  const rows = await orm.em
    .fork()
    .execute<{ name: string }[]>(
      `select attname as name from pg_attribute where attrelid = 'bookings'::regclass and attnum > 0 order by attnum`,
    );
  const mapped = orm
    .getMetadata()
    .get(BookingEntity.class)
    .props.flatMap(({ fieldNames }) => fieldNames);
  expect(mapped).toEqual(rows.map(({ name }) => name));
});

test('the database has the schema of the entity, including its rules', async () => {
  const em = orm.em.fork();
  await em.execute(birth(draft, { values: `'what to bring', '{"a": "b"}'` }));
  const booking = await em.findOneOrFail(BookingEntity, { id: id(1) });
  expect(booking).toMatchObject({
    id: id(1),
    listingId: id(13),
    mentorProfileId: id(12),
    menteeUserId: id(11),
    status: 'draft',
    version: 1,
    notes: 'what to bring',
    metadata: { a: 'b' },
    sessionId: null,
    decidedAt: null,
    decidedBy: null,
  });
  expect(booking.endTime.getTime() - booking.startTime.getTime()).toBe(3_600_000);
  const mentee = { userId: id(11), roles: ['mentee'], mentorProfileId: null };
  expect(allowedActions(booking, { actor: mentee, now: booking.createdAt })).toEqual(['cancel']);
  expect(decide('cancel', booking, { actor: mentee, now: booking.createdAt })).toMatchObject({
    status: 'cancelled',
    version: 2,
  });
});

test('bookings are listed although only PGDATABASE names the database', async () => {
  const url = new URL(stack.bookings.databaseUrl);
  jest.replaceProperty(process, 'env', { PGDATABASE: databaseName(url.href) });
  url.pathname = '';
  const log = createLogger({ service: 'bookings', role: 'test', level: 'silent', pretty: false });
  const database = createDatabase({ url: url.href, applicationName: 'lists', log });
  const page = { limit: 1, order: 'asc', cursor: null } as const;
  const listed = await openBookings(database).list([{ menteeUserId: id(11) }], {}, page);
  await database.close();
  expect(listed.items).toBeInstanceOf(Array);
});
