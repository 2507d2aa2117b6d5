import { describe, expect, test } from '@jest/globals';
import { aBooking, end, messageId, noon, sessionId, start } from '../../test/a-booking.ts';
import { everybody, menteeId, mentorId, people, type Person } from '@mentor-sessions/lab/people';
import type { Booking, BookingDecision } from './booking.ts';
import { type BookingAction, bookingActions, bookingStatuses, transitions } from './lifecycle.ts';

const later = new Date('2026-03-01T12:30:00.000Z');

const decide = (booking: Booking, action: BookingAction, person: Person, now = later): BookingDecision =>
  action === 'accept'
    ? booking.accept(people[person], { now, sessionId, messageId })
    : booking[action](people[person], now);

// The expectation, written down apart from the lifecycle table that it checks.
const allowed: Record<BookingAction, readonly Person[]> = {
  accept: ['its mentor', 'another user of the mentor profile'],
  decline: [
    'its mentor',
    'another user of the mentor profile',
    'its mentee, now of the mentor profile',
    'its mentee, there as mentor only',
  ],
  cancel: ['its mentee', 'its mentee, a mentor elsewhere', 'its mentee, now of the mentor profile'],
};
const outcome = { accept: 'accepted', decline: 'declined', cancel: 'cancelled' } as const;

const readers: readonly Person[] = [...new Set([...allowed.accept, ...allowed.decline, ...allowed.cancel])];

const cells = bookingActions.flatMap((action) =>
  bookingStatuses.flatMap((status) => everybody.map((person) => ({ action, status, person }))),
);

test('the table of transitions is the one of the design', () => {
  expect(transitions).toEqual({
    accept: { from: 'draft', to: 'accepted', by: ['mentor'], neverByTheMentee: true },
    decline: { from: 'draft', to: 'declined', by: ['mentor'], neverByTheMentee: false },
    cancel: { from: 'draft', to: 'cancelled', by: ['mentee'], neverByTheMentee: false },
  });
});

describe.each(cells)('$action of a booking that is $status, by $person', ({ action, status, person }) => {
  const booking = aBooking(status);
  const may = allowed[action].includes(person);

  if (!may) {
    test('is forbidden, whatever the state', () => {
      const forbidden = { code: 'forbidden', message: `You are not the one to ${action} this booking.` };
      expect(() => booking.permit(action, people[person])).toThrow(expect.objectContaining(forbidden));
      expect(() => decide(booking, action, person)).toThrow(expect.objectContaining(forbidden));
    });
  } else if (status !== 'draft') {
    test('is permitted, and conflicts with the state', () => {
      expect(() => booking.permit(action, people[person])).not.toThrow();
      const message = `A booking that is ${status} cannot be ${outcome[action]}.`;
      expect(() => decide(booking, action, person)).toThrow(
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
      const minted = { sessionId, acceptedMessageId: messageId };
      expect(decide(booking, action, person)).toEqual({
        status: outcome[action],
        version: 2,
        decidedAt: later,
        decidedBy: people[person].userId,
        ...(action === 'accept' ? minted : { sessionId: null, acceptedMessageId: null }),
      });
    });
  }

  test('changes nothing by itself, and is among the allowed actions exactly if it would succeed', () => {
    const offered = booking.allowedActions(people[person], later).includes(action);
    expect(offered).toBe(may && status === 'draft');
    expect(booking).toEqual(aBooking(status));
  });
});

test.each(everybody)('a booking is read by its two sides only: %s', (person) => {
  const reading = () => aBooking().assertReadableBy(people[person]);
  if (readers.includes(person)) expect(reading).not.toThrow();
  else
    expect(reading).toThrow(
      expect.objectContaining({ status: 403, code: 'forbidden', message: expect.stringContaining('two other people') }),
    );
});

describe('the end of the booked time', () => {
  const lastMoment = new Date(end.getTime() - 1);

  test('a booking is accepted after its start and up to its end', () => {
    expect(decide(aBooking(), 'accept', 'its mentor', start).status).toBe('accepted');
    expect(decide(aBooking(), 'accept', 'its mentor', lastMoment).status).toBe('accepted');
  });

  test('a booking whose end has come is not accepted any more', () => {
    expect(() => decide(aBooking(), 'accept', 'its mentor', end)).toThrow(
      expect.objectContaining({ status: 409, code: 'booking-expired' }),
    );
    expect(aBooking().allowedActions(people['its mentor'], end)).toEqual(['decline']);
  });

  test('it can still be declined or cancelled', () => {
    expect(decide(aBooking(), 'decline', 'its mentor', end).status).toBe('declined');
    expect(decide(aBooking(), 'cancel', 'its mentee', end).status).toBe('cancelled');
  });

  test('who may not accept is told so first, and a decided booking is a conflict of state first', () => {
    expect(() => decide(aBooking(), 'accept', 'its mentee', end)).toThrow(
      expect.objectContaining({ code: 'forbidden' }),
    );
    expect(() => decide(aBooking('declined'), 'accept', 'its mentor', end)).toThrow(
      expect.objectContaining({ code: 'invalid-transition' }),
    );
  });
});

test('a decision never lies before the birth of its booking, even if the clock was set back', () => {
  const before = new Date(noon.getTime() - 5_000);
  expect(decide(aBooking(), 'cancel', 'its mentee', before).decidedAt).toEqual(noon);
});

test('a decision names the user, not the profile', () => {
  expect(decide(aBooking(), 'accept', 'its mentor').decidedBy).toBe(mentorId);
  expect(decide(aBooking(), 'cancel', 'its mentee').decidedBy).toBe(menteeId);
});

describe('what was decided when a booking was accepted', () => {
  const decision = {
    ...{ status: 'accepted', version: 2, decidedAt: later, decidedBy: people['its mentor'].userId },
    ...{ sessionId, acceptedMessageId: messageId },
  } as const;
  const accepted = (over: object = {}) => Object.assign(aBooking(), decision, over);

  test('is told again as it was', () => {
    expect(accepted().acceptance()).toEqual(decision);
  });

  test.each([
    { status: 'declined' },
    { decidedAt: null },
    { decidedBy: null },
    { sessionId: null },
    { acceptedMessageId: null },
  ])('is not made up: %j', (over) => {
    expect(() => accepted(over).acceptance()).toThrow(`booking ${aBooking().id} was not accepted`);
  });
});
