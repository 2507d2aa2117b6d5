import { describe, expect, test } from '@jest/globals';
import { catalogue } from '@mentor-sessions/contracts';
import { aBooking, end, messageId, noon, sessionId, start } from '../../test/a-booking.ts';
import { everybody, menteeId, mentorId, people, type Person } from '@mentor-sessions/lab/people';
import {
  accept,
  allowedActions,
  bookingStatuses,
  decide,
  lifecycle,
  type Booking,
  type BookingAction,
} from './booking.ts';
import { bookingAcceptedEvent, eventsOf } from './events.ts';

const later = new Date('2026-03-01T12:30:00.000Z');

const attempt = (booking: Booking, action: BookingAction, person: Person, now = later) => {
  const actor = people[person];
  return action === 'accept'
    ? accept(booking, { actor, now, sessionId, messageId })
    : decide(action, booking, { actor, now });
};

const only = { accept: 'Only the mentor', decline: 'Only the mentor', cancel: 'Only the mentee' } as const;

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

const cells = lifecycle.actions.flatMap((action) =>
  bookingStatuses.flatMap((status) => everybody.map((person) => ({ action, status, person }))),
);

test('the table of transitions is the documented one', () => {
  expect(lifecycle.transitions).toEqual({
    accept: { from: 'draft', to: 'accepted', by: ['mentor'], neverBy: 'mentee' },
    decline: { from: 'draft', to: 'declined', by: ['mentor'] },
    cancel: { from: 'draft', to: 'cancelled', by: ['mentee'] },
  });
});

describe.each(cells)('$action of a booking that is $status, by $person', ({ action, status, person }) => {
  const booking = aBooking(status);
  const may = allowed[action].includes(person);

  if (!may) {
    test('is forbidden, whatever the state', () => {
      const forbidden = { code: 'forbidden', message: `${only[action]} can ${action} this booking.` };
      expect(() => attempt(booking, action, person)).toThrow(expect.objectContaining(forbidden));
    });
  } else if (status !== 'draft') {
    test('conflicts with the state', () => {
      const message = `A booking that is ${status} cannot be ${outcome[action]}.`;
      expect(() => attempt(booking, action, person)).toThrow(
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
      expect(attempt(booking, action, person)).toEqual({
        status: outcome[action],
        version: 2,
        decidedAt: later,
        decidedBy: people[person].userId,
        updatedAt: later,
        ...(action === 'accept' ? minted : {}),
      });
    });
  }

  test('changes nothing by itself, and is among the allowed actions exactly if it would succeed', () => {
    const offered = allowedActions(booking, { actor: people[person], now: later }).includes(action);
    expect(offered).toBe(may && status === 'draft');
    expect(booking).toEqual(aBooking(status));
  });
});

test.each(everybody)('a booking is read by its two sides only: %s', (person) => {
  const reading = () => lifecycle.assertReadable(aBooking(), people[person]);
  if (readers.includes(person)) expect(reading).not.toThrow();
  else
    expect(reading).toThrow(
      expect.objectContaining({ status: 403, code: 'forbidden', message: expect.stringContaining('two other people') }),
    );
});

describe('the end of the booked time', () => {
  const lastMoment = new Date(end.getTime() - 1);

  test('a booking is accepted after its start and up to its end', () => {
    expect(attempt(aBooking(), 'accept', 'its mentor', start).status).toBe('accepted');
    expect(attempt(aBooking(), 'accept', 'its mentor', lastMoment).status).toBe('accepted');
  });

  test('a booking cannot be accepted after its end', () => {
    expect(() => attempt(aBooking(), 'accept', 'its mentor', end)).toThrow(
      expect.objectContaining({ status: 409, code: 'booking-expired' }),
    );
    expect(allowedActions(aBooking(), { actor: people['its mentor'], now: end })).toEqual(['decline']);
  });

  test('it can still be declined or cancelled', () => {
    expect(attempt(aBooking(), 'decline', 'its mentor', end).status).toBe('declined');
    expect(attempt(aBooking(), 'cancel', 'its mentee', end).status).toBe('cancelled');
  });

  test('403 comes before 409, and a conflict of state before other conflicts', () => {
    expect(() => attempt(aBooking(), 'accept', 'its mentee', end)).toThrow(
      expect.objectContaining({ code: 'forbidden' }),
    );
    expect(() => attempt(aBooking('declined'), 'accept', 'its mentor', end)).toThrow(
      expect.objectContaining({ code: 'invalid-transition' }),
    );
  });
});

test('a decision is never earlier than the creation of its booking, even if the clock was set back', () => {
  const before = new Date(noon.getTime() - 5_000);
  expect(attempt(aBooking(), 'cancel', 'its mentee', before).decidedAt).toEqual(noon);
});

test('a decision names the user, not the profile', () => {
  expect(attempt(aBooking(), 'accept', 'its mentor').decidedBy).toBe(mentorId);
  expect(attempt(aBooking(), 'cancel', 'its mentee').decidedBy).toBe(menteeId);
});

describe('the event of an accepted booking', () => {
  const accepted = (over: object = {}) => ({ ...aBooking('accepted'), ...over });

  test('is the same whenever it is made', () => {
    expect(bookingAcceptedEvent(accepted())).toMatchObject({
      id: messageId,
      sequence: '0000000002',
      data: { sessionId, acceptedAt: noon.toISOString(), acceptedBy: mentorId },
    });
  });

  test.each([
    { status: 'declined' },
    { decidedAt: null },
    { decidedBy: null },
    { sessionId: null },
    { acceptedMessageId: null },
  ])('is not made up: %j', (over) => {
    expect(() => bookingAcceptedEvent(accepted(over))).toThrow(/^booking \S+ (was not accepted|is not decided)$/);
  });
});

describe('what follows from a booking in its state', () => {
  const newId = () => messageId;

  test.each([
    ['draft', ['booking.requested']],
    ['accepted', ['booking.requested', 'booking.accepted']],
    ['declined', ['booking.requested', 'booking.declined']],
    ['cancelled', ['booking.requested', 'booking.cancelled']],
  ] as const)('%s: %j, in order and without notes but in the acceptance', (status, types) => {
    const events = eventsOf({ ...aBooking(status), notes: 'private' }, newId);
    expect(events.map(({ type }) => type)).toEqual(types);
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(types.map((_, n) => n + 1));
    for (const event of events) {
      const definition = catalogue.find(({ dataschema }) => dataschema === event.dataschema);
      expect(definition?.data.parse(event.data)).toEqual(event.data);
      expect(JSON.stringify(event).includes('private')).toBe(event.type === 'booking.accepted');
    }
  });
});
