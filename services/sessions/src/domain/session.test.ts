import { describe, expect, test } from '@jest/globals';
import { aSession, noon, one, two } from '../../test/a-session.ts';
import { everybody, people, type Person } from '@mentor-sessions/lab/people';
import { type SessionAction, sessionActions, type SessionStatus, sessionStatuses, transitions } from './lifecycle.ts';

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
    ? { status: 'in_progress', version: 2, startedAt: two, startedBy: userId }
    : { status: 'completed', version: 3, completedAt: two, completedBy: userId };

const cells = sessionActions.flatMap((action) =>
  sessionStatuses.flatMap((status) => everybody.map((person) => ({ action, status, person }))),
);

test('the table of transitions is the one of the design', () => {
  expect(transitions).toEqual({
    start: { from: 'scheduled', to: 'in_progress', by: ['mentor', 'mentee'], neverByTheMentee: false },
    complete: { from: 'in_progress', to: 'completed', by: ['mentor'], neverByTheMentee: true },
  });
});

describe.each(cells)('$action of a session that is $status, by $person', ({ action, status, person }) => {
  const session = aSession(status);
  const actor = people[person];
  const may = allowed[action].includes(person);

  if (!may) {
    test('is forbidden, whatever the state', () => {
      const forbidden = { code: 'forbidden', message: `You are not the one to ${action} this session.` };
      expect(() => session.permit(action, actor)).toThrow(expect.objectContaining(forbidden));
      expect(() => session[action](actor, two)).toThrow(expect.objectContaining(forbidden));
    });
  } else if (status !== before[action]) {
    test('is permitted, and conflicts with the state', () => {
      expect(() => session.permit(action, actor)).not.toThrow();
      const message = `A session that is ${status} cannot be ${transitions[action].to}.`;
      expect(() => session[action](actor, two)).toThrow(
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
      expect(session[action](actor, two)).toEqual(change(action, actor.userId));
    });
  }

  test('changes nothing by itself, and is among the allowed actions exactly if it would succeed', () => {
    expect(session.allowedActions(actor).includes(action)).toBe(may && status === before[action]);
    expect(session).toEqual(aSession(status));
  });
});

test.each(everybody)('a session is read by its two sides only: %s', (person) => {
  const reading = () => aSession().assertReadableBy(people[person]);
  if ([...mentors, ...others].includes(person)) expect(reading).not.toThrow();
  else
    expect(reading).toThrow(
      expect.objectContaining({ status: 403, code: 'forbidden', message: expect.stringContaining('two other people') }),
    );
});

test('no transition is tied to the booked time', () => {
  const years = new Date('2036-01-01T00:00:00.000Z');
  const mentor = people['its mentor'];
  expect(aSession().start(mentor, one).startedAt).toEqual(one);
  expect(aSession().start(mentor, years).startedAt).toEqual(years);
  expect(aSession('in_progress').complete(mentor, years).completedAt).toEqual(years);
});

test('a transition never lies before the one before it, even if the clock was set back', () => {
  const mentor = people['its mentor'];
  expect(aSession('in_progress').complete(mentor, noon).completedAt).toEqual(one);
  expect(aSession().start(mentor, new Date(0)).startedAt).toEqual(noon);
});
