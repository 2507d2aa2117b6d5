import { expect, test } from '@jest/globals';
import { ProblemError } from '@mentor-sessions/service-kit/errors';
import fc from 'fast-check';
import { aBooking, end, messageId, noon, sessionId } from '../../test/a-booking.ts';
import { everybody, menteeId, people, profileId } from '@mentor-sessions/lab/people';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import { accept, allowedActions, decide, lifecycle, type Booking, type BookingAction } from './booking.ts';

const uuid = fc.constantFrom(...new Set(everybody.map((person) => people[person].userId)));
const anybody = fc.record({
  userId: uuid,
  roles: fc.subarray(['mentor', 'mentee', 'operator']),
  mentorProfileId: fc.constantFrom(null, profileId, ...everybody.map((person) => people[person].mentorProfileId)),
});
const moment = fc.date({ min: new Date(noon.getTime() - 60_000), max: new Date(end.getTime() + 60_000) });
const step = fc.record({ action: fc.constantFrom(...lifecycle.actions), actor: anybody, now: moment });
type Step = { action: BookingAction; actor: Actor; now: Date };

const attempt = (booking: Booking, { action, actor, now }: Step): Partial<Booking> | null => {
  try {
    return action === 'accept'
      ? accept(booking, { actor, now, sessionId, messageId })
      : decide(action, booking, { actor, now });
  } catch (error) {
    if (error instanceof ProblemError) return null;
    throw error;
  }
};

test('for any sequence of requests, a booking is decided at most once, by an authorized user, and its terms do not change', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let booking = aBooking();
      const visited = ['draft'];
      for (const each of steps) {
        const offered = allowedActions(booking, each).includes(each.action);
        const decision = attempt(booking, each);
        expect(decision !== null).toBe(offered);
        if (decision === null) continue;
        booking = { ...booking, ...decision };
        visited.push(booking.status);
        expectLawful(booking, each);
      }
      expect(visited.length).toBeLessThanOrEqual(2);
      expect(booking.version).toBe(visited.length);
      expect({ ...booking, ...decisionsFields }).toEqual({ ...aBooking(), ...decisionsFields });
    }),
    { numRuns: 500 },
  );
});

const unset = undefined;
const decisionsFields = {
  status: unset,
  version: unset,
  sessionId: unset,
  acceptedMessageId: unset,
  decidedAt: unset,
  decidedBy: unset,
  updatedAt: unset,
};

const expectLawful = (booking: Booking, { actor }: Step): void => {
  const isMentor = actor.roles.includes('mentor') && actor.mentorProfileId === profileId;
  const isMentee = actor.roles.includes('mentee') && actor.userId === menteeId;
  if (booking.status === 'cancelled') expect(isMentee).toBe(true);
  else expect(isMentor).toBe(true);
  if (booking.status === 'accepted') {
    expect(booking.decidedBy).not.toBe(menteeId);
    expect(booking.decidedAt?.getTime()).toBeLessThan(end.getTime());
  }
  expect(booking.sessionId !== null).toBe(booking.status === 'accepted');
  expect(booking.decidedAt?.getTime()).toBeGreaterThanOrEqual(booking.createdAt.getTime());
};
