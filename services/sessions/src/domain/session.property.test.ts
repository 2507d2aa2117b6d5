import { expect, test } from '@jest/globals';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import { ProblemError } from '@mentor-sessions/service-kit/errors';
import fc from 'fast-check';
import { aSession, noon, two } from '../../test/a-session.ts';
import { everybody, menteeId, people, profileId } from '@mentor-sessions/lab/people';
import { complete, lifecycle, start, type Session, type SessionAction } from './session.ts';

const anybody = fc.record({
  userId: fc.constantFrom(...new Set(everybody.map((person) => people[person].userId))),
  roles: fc.subarray(['mentor', 'mentee', 'operator']),
  mentorProfileId: fc.constantFrom(null, profileId, ...everybody.map((person) => people[person].mentorProfileId)),
});
const moment = fc.date({ min: new Date(noon.getTime() - 60_000), max: two });
const step = fc.record({ action: fc.constantFrom(...lifecycle.actions), actor: anybody, now: moment });
type Step = { action: SessionAction; actor: Actor; now: Date };

const attempt = (session: Session, { action, ...step }: Step): Partial<Session> | null => {
  try {
    return action === 'start' ? start(session, step) : complete(session, step);
  } catch (error) {
    if (error instanceof ProblemError) return null;
    throw error;
  }
};

test('whatever anyone tries in whatever order, a session goes its way without a skip, and keeps its terms', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let session = aSession();
      const visited = ['scheduled'];
      for (const each of steps) {
        const offered = lifecycle.allowedActions(session, each.actor).includes(each.action);
        const transition = attempt(session, each);
        expect(transition !== null).toBe(offered);
        if (transition === null) continue;
        session = { ...session, ...transition };
        visited.push(session.status);
        expectLawful(session, each.actor);
      }
      expect(['scheduled', 'in_progress', 'completed'].slice(0, visited.length)).toEqual(visited);
      expect(session.version).toBe(visited.length);
      expect({ ...session, ...moving }).toEqual({ ...aSession(), ...moving });
    }),
    { numRuns: 500 },
  );
});

const unset = undefined;
const moving = {
  status: unset,
  version: unset,
  startedAt: unset,
  startedBy: unset,
  completedAt: unset,
  completedBy: unset,
  updatedAt: unset,
};

const expectLawful = (session: Session, actor: Actor): void => {
  const isMentor = actor.roles.includes('mentor') && actor.mentorProfileId === profileId;
  const isMentee = actor.roles.includes('mentee') && actor.userId === menteeId;
  expect(isMentor || (session.status === 'in_progress' && isMentee)).toBe(true);
  expect(session.completedBy).not.toBe(menteeId);
  expect(session.startedAt?.getTime()).toBeGreaterThanOrEqual(session.createdAt.getTime());
  if (session.completedAt !== null) {
    expect(session.completedAt.getTime()).toBeGreaterThanOrEqual(session.startedAt?.getTime() ?? Infinity);
  }
};
