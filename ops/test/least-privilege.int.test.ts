import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { answerTo, connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await createTestStack();
});
afterAll(() => stack.close());

const inBoth = {
  'delete dead letters': 'delete from dead_letters',
  'resolve a dead letter without a record': `update dead_letters set resolution = 'discarded', resolved_at = now()`,
  'insert an event into the outbox': `insert into outbox (message_id, type) values (gen_random_uuid(), 'booking.accepted')`,
  'empty the outbox': 'delete from outbox',
  'delete published events': 'delete from outbox_published',
  'empty the inbox': 'delete from inbox',
  'request a replay without a record': `insert into replays (queue, reason) values ('q', 'r')`,
  'mark a replay as done': `update replays set outcome = 'handled', finished_at = now()`,
  'pause a worker without a record': `insert into paused_workers values ('relay', now(), 'me', 'r')`,
  'forge a heartbeat': 'update workers set seen_at = now()',
  'delete records of actions': 'delete from operator_actions',
  'change records of actions': `update operator_actions set operator = 'another'`,
  'backdate a record': `insert into operator_actions (at, operator, action, reason, subject) values (now(), 'o', 'a', 'r', '{}')`,
  'forge a record': `insert into operator_actions (operator, action, reason, subject) values ('o', 'a', 'r', '{}')`,
  'read unpublished events': 'select envelope from outbox',
  'read published events': 'select envelope from outbox_published',
  'read a body without a record': 'select body from dead_letters',
  'lock a lane': 'select pg_advisory_lock(1818324581, 0)',
  'store a large object': `select lo_from_bytea(0, '\\x00')`,
  'create a partition': 'select outbox_published_make_partitions(1)',
  'read stored responses': 'select * from idempotency_keys',
  'create a table': 'create table mine ()',
  'create a temporary table': 'create temporary table mine ()',
};

const inOne = {
  bookings: {
    'read notes': 'select notes from bookings',
    'change a booking': 'update bookings set version = version',
    'create a booking': 'insert into bookings select * from bookings',
    'delete a booking': 'delete from bookings',
    'change the session status of a booking': 'update booking_sessions set sequence = sequence',
    'delete an awaited session': 'delete from awaited_sessions',
    'impersonate the owner': 'set role bookings_owner',
  },
  sessions: {
    'read notes': 'select notes from sessions',
    'change a session': 'update sessions set version = version',
    'create a session': 'insert into sessions select * from sessions',
    'delete a session': 'delete from sessions',
    'change the copy of a booking': 'update accepted_bookings set message_id = message_id',
    'impersonate the owner': 'set role sessions_owner',
  },
};

describe.each(['bookings', 'sessions'] as const)('as %s_operator', (service) => {
  let operator: pg.Client;
  beforeAll(async () => {
    operator = await connected(stack[service].operatorDatabaseUrl);
  });
  afterAll(() => operator.end());

  test.each(Object.entries({ ...inBoth, ...inOne[service] }))('may not: %s', async (_sentence, sql) => {
    expect(await answerTo(operator, sql)).toBe('42501');
  });

  test('an action needs an operator and a reason', async () => {
    const replay = (by: string, why: string) =>
      answerTo(operator, `select dead_letters_replay('{}', '${by}', '${why}')`);
    expect(await replay('olga', ' ')).toBe('23514 operator_action_says_why');
    expect(await replay('', 'why not')).toBe('23514 operator_action_says_who');
    expect(await replay('olga', 'why not')).toBe('accepted');
    const { rows } = await operator.query('select operator, login, action, reason, subject from operator_actions');
    const login = `${service}_operator`;
    expect(rows).toEqual([
      { operator: 'olga', login, action: 'dead-letters replay', reason: 'why not', subject: { deadLetters: [] } },
    ]);
  });
});
