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
  'dead letters are deleted': 'delete from dead_letters',
  'a dead letter is resolved without a record': `update dead_letters set resolution = 'discarded', resolved_at = now()`,
  'an event is published by hand': `insert into outbox (message_id, type) values (gen_random_uuid(), 'booking.accepted')`,
  'the outbox is emptied': 'delete from outbox',
  'what was published is deleted': 'delete from outbox_published',
  'the inbox is emptied': 'delete from inbox',
  'a replay is asked for without a record': `insert into replays (queue, reason) values ('q', 'r')`,
  'a replay is said to be done': `update replays set outcome = 'handled', finished_at = now()`,
  'a worker is paused without a record': `insert into paused_workers values ('relay', now(), 'me', 'r')`,
  'a heartbeat is forged': 'update workers set seen_at = now()',
  'what was done is deleted': 'delete from operator_actions',
  'what was done is rewritten': `update operator_actions set operator = 'another'`,
  'a record is dated back': `insert into operator_actions (at, operator, action, reason, subject) values (now(), 'o', 'a', 'r', '{}')`,
  'a record is forged': `insert into operator_actions (operator, action, reason, subject) values ('o', 'a', 'r', '{}')`,
  'what waits is read': 'select envelope from outbox',
  'what was published is read': 'select envelope from outbox_published',
  'a body is read without a record': 'select body from dead_letters',
  'a lane is taken': 'select pg_advisory_lock(1818324581, 0)',
  'a large object is stored': `select lo_from_bytea(0, '\\x00')`,
  'a partition is made': 'select outbox_published_make_partitions(1)',
  'answers of others are read': 'select * from idempotency_keys',
  'a table is made': 'create table mine ()',
  'a temporary table is made': 'create temporary table mine ()',
};

const inOne = {
  bookings: {
    'notes are read': 'select notes from bookings',
    'a booking is changed': 'update bookings set version = version',
    'a booking is made': 'insert into bookings select * from bookings',
    'a booking is deleted': 'delete from bookings',
    'what became of a booking is changed': 'update booking_sessions set sequence = sequence',
    'a session is not awaited any more': 'delete from awaited_sessions',
    'the owner is impersonated': 'set role bookings_owner',
  },
  sessions: {
    'notes are read': 'select notes from sessions',
    'a session is changed': 'update sessions set version = version',
    'a session is made': 'insert into sessions select * from sessions',
    'a session is deleted': 'delete from sessions',
    'a copy of a booking is changed': 'update accepted_bookings set message_id = message_id',
    'the owner is impersonated': 'set role sessions_owner',
  },
};

describe.each(['bookings', 'sessions'] as const)('as %s_operator', (service) => {
  let operator: pg.Client;
  beforeAll(async () => {
    operator = await connected(stack[service].operatorDatabaseUrl);
  });
  afterAll(() => operator.end());

  test.each(Object.entries({ ...inBoth, ...inOne[service] }))('refused: %s', async (_sentence, sql) => {
    expect(await answerTo(operator, sql)).toBe('42501');
  });

  test('an act says who and why', async () => {
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
