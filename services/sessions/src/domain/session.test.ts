import { describe, expect, test } from '@jest/globals';
import { aSession, noon, one, two } from '../../test/a-session.ts';
import { everybody, people, type Person } from '@mentor-sessions/lab/people';
import { complete, lifecycle, sessionStatuses, start, type SessionAction, type SessionStatus } from './session.ts';

// The expectation, written down apart from the lifecycle table that it checks.
const mentors: readonly Person[] = ['its mentor', 'another user of the mentor profile'];
const others: readonly Person[] = [
  'its mentee',
  'its mentee, a mentor elsewhere',
  'its mentee, now of the mentor profile',
  'its mentee, there as mentor only',
];
const allowed: Record<SessionAction, readonly Person[]> = { start: [...mentors, ...others], complete: mentors };
const before: Record<SessionAction, SessionStatus> = { start: 'scheduled', complete: 'in_progress' };

const change = (action: SessionAction, userId: string) =>
  action === 'start'
    ? { status: 'in_progress', version: 2, startedAt: two, startedBy: userId, updatedAt: two }
    : { status: 'completed', version: 3, completedAt: two, completedBy: userId, updatedAt: two };

const decisions = { start, complete };
const only = { start: 'Only the mentor or mentee', complete: 'Only the mentor' } as const;

const cells = lifecycle.actions.flatMap((action) =>
  sessionStatuses.flatMap((status) => everybody.map((person) => ({ action, status, person }))),
);

test('the table of transitions is the documented one', () => {
  expect(lifecycle.transitions).toEqual({
    start: { from: 'scheduled', to: 'in_progress', by: ['mentor', 'mentee'] },
    complete: { from: 'in_progress', to: 'completed', by: ['mentor'], neverBy: 'mentee' },
  });
});

describe.each(cells)('$action of a session that is $status, by $person', ({ action, status, person }) => {
  const session = aSession(status);
  const actor = people[person];
  const may = allowed[action].includes(person);

  if (!may) {
    test('is forbidden, whatever the state', () => {
      const forbidden = { code: 'forbidden', message: `${only[action]} can ${action} this session.` };
      expect(() => decisions[action](session, { actor, now: two })).toThrow(expect.objectContaining(forbidden));
    });
  } else if (status !== before[action]) {
    test('conflicts with the state', () => {
      const message = `A session that is ${status} cannot be ${lifecycle.transitions[action].to}.`;
      expect(() => decisions[action](session, { actor, now: two })).toThrow(
        expect.objectContaining({
          status: 409,
          code: 'invalid-transition',
          extras: { currentStatus: status },
          message,
        }),
      );
    });
  } else {
    test('is decided', () => {
      expect(decisions[action](session, { actor, now: two })).toEqual(change(action, actor.userId));
    });
  }

  test('changes nothing by itself, and is among the allowed actions exactly if it would succeed', () => {
    expect(lifecycle.allowedActions(session, actor).includes(action)).toBe(may && status === before[action]);
    expect(session).toEqual(aSession(status));
  });
});

test.each(everybody)('a session is read by its two sides only: %s', (person) => {
  const reading = () => lifecycle.assertReadable(aSession(), people[person]);
  if ([...mentors, ...others].includes(person)) expect(reading).not.toThrow();
  else
    expect(reading).toThrow(
      expect.objectContaining({ status: 403, code: 'forbidden', message: expect.stringContaining('two other people') }),
    );
});

test('no transition is tied to the booked time', () => {
  const years = new Date('2036-01-01T00:00:00.000Z');
  const actor = people['its mentor'];
  expect(start(aSession(), { actor, now: one }).startedAt).toEqual(one);
  expect(start(aSession(), { actor, now: years }).startedAt).toEqual(years);
  expect(complete(aSession('in_progress'), { actor, now: years }).completedAt).toEqual(years);
});

test('a transition is never earlier than the previous one, even if the clock was set back', () => {
  const actor = people['its mentor'];
  expect(complete(aSession('in_progress'), { actor, now: noon }).completedAt).toEqual(one);
  expect(start(aSession(), { actor, now: new Date(0) }).startedAt).toEqual(noon);
});
