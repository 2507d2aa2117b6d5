import { expect, test } from '@jest/globals';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import { ProblemError } from '@mentor-sessions/service-kit/errors';
import fc from 'fast-check';
import { aSession, noon, two } from '../../test/a-session.ts';
import { everybody, menteeId, people, profileId } from '@mentor-sessions/lab/people';
import {
  attentionOf,
  complete,
  lifecycle,
  sessionStatuses,
  start,
  type Session,
  type SessionAction,
} from './session.ts';
import { examineSession } from './timer.ts';

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

test('for any sequence of requests, a session follows its lifecycle without a gap, and its terms do not change', () => {
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

test('in any state, a session needs attention from the very millisecond at which its event is due', () => {
  const minutes = (most: number) => fc.integer({ min: -most, max: most }).map((n) => n * 60_000);
  const shift = (time: Date, by: number) => new Date(time.getTime() + by);
  const moment = fc.record({
    status: fc.constantFrom(...sessionStatuses),
    startedAfterEnd: minutes(300),
    grace: fc.constantFrom(0, 1, 900, 3_600, 86_400),
    sinceDue: fc.oneof(fc.constantFrom(-1, 0, 1), minutes(3_000)),
  });
  fc.assert(
    fc.property(moment, ({ status, startedAfterEnd, grace, sinceDue }) => {
      const template = aSession(status);
      const startedAt = template.startedAt && shift(template.endTime, startedAfterEnd);
      const session = { ...template, startedAt };
      const dueAt =
        status === 'scheduled'
          ? session.endTime
          : shift(startedAfterEnd > 0 && startedAt ? startedAt : session.endTime, grace * 1_000);
      const now = shift(dueAt, sinceDue);
      const attention = attentionOf(session, now, grace);
      const overdue = { scheduled: 'start-overdue', in_progress: 'completion-overdue', completed: null };
      expect(attention).toBe(sinceDue >= 0 ? overdue[status] : null);
      const settings = { startingSoonSeconds: [900], completionGraceSeconds: grace };
      const { due } = examineSession(session, { ...settings, now, acceptedAt: session.createdAt, past: [] });
      const told = due.map(({ type }) => type).filter((type) => type !== 'session.starting-soon');
      expect(told).toEqual(attention ? [`session.${attention}`] : []);
    }),
    { numRuns: 1_000 },
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
