import { z } from 'zod';
import { flag, severalOf } from '@mentor-sessions/service-kit/fields';
import { defineResource, type Route } from '@mentor-sessions/service-kit/http';
import type { CountTransition } from '@mentor-sessions/service-kit/metrics';
import { bookingStatuses, type BookingAction, type Bounds } from '../domain/booking.ts';
import {
  acceptBooking,
  cancelBooking,
  createBooking,
  declineBooking,
  getBooking,
  getBookingHistory,
  listBookings,
  type Bookings,
} from '../use-cases/bookings.ts';
import {
  acceptedExample,
  bookingRequest,
  bookingView,
  decidedExample,
  expand,
  historyExample,
  mayDiffer,
  termsOf,
  viewBooking,
  type SeenBooking,
} from './view.ts';

type Needs = {
  readonly db: Bookings;
  readonly newId: () => string;
  readonly counting: CountTransition<BookingAction>;
  /** Public base URL of the sessions service, for links. */
  readonly sessionsUrl: string;
  readonly bounds: Bounds;
};

const doubleBooked = {
  status: 409,
  code: 'mentor-double-booked',
  description: 'the mentor has accepted another booking at that time; with `conflictingBookingId`',
  cure: 'Decline it, or ask for a booking at another time: times of a booking never change.',
};
const expired = {
  status: 409,
  code: 'booking-expired',
  description: 'its time is over',
  cure: 'Decline it, or ask for a new booking.',
};

const bookings = defineResource<SeenBooking>({ noun: 'booking', schema: bookingView, view: viewBooking, mayDiffer });

export const bookingRoutes = ({ db, newId, counting, sessionsUrl, bounds }: Needs): Route[] => [
  bookings.create({
    summary: 'Ask a mentor for a booking',
    description: `For a mentee, for themself. Start must not be in the past, nor more than ${bounds.furthestDays} days ahead; a booking has at most ${bounds.longestHours} hours.`,
    body: bookingRequest,
    handle: (request, by) =>
      createBooking(db, { ...by, id: newId(), messageId: newId(), terms: termsOf(request), bounds }),
  }),
  bookings.list({
    summary: 'Your own bookings, by start',
    description: 'As mentor and as mentee, in pages.',
    query: {
      status: severalOf(bookingStatuses),
      expired: flag.optional().describe('`true`: expired drafts only; `false`: all but those'),
      as: z.enum(['mentor', 'mentee']).optional().describe('one side only; default: both'),
      expand,
    },
    handle: async ({ actor, filter: { as, expand: expanded, ...filter }, page }) => {
      const { items, nextCursor, now, sessions } = await listBookings(db, actor, { as, filter, page });
      const seen = items.map((row) => ({ row, session: sessions[row.id] ?? null, now, expand: expanded }));
      return { items: seen.map((each) => viewBooking(each, actor)), nextCursor };
    },
  }),
  bookings.get({
    summary: 'One booking',
    description:
      'For its mentor and its mentee. One with a `sessionStatus`, or `expired`, is never 304: these come without a new version.',
    query: { expand },
    handle: async (id, actor, query) => ({ ...(await getBooking(db, id, actor)), ...query }),
  }),
  bookings.history({
    statuses: bookingStatuses,
    example: historyExample,
    handle: (id, actor) => getBookingHistory(db, id, actor),
  }),
  bookings.transition({
    action: 'accept',
    summary: 'Accept a draft: exactly one session follows',
    description:
      'For the booking’s mentor. The answer has the sessionId already; its URL answers 404 until the sessions service has handled the event.',
    problems: [doubleBooked, expired],
    example: acceptedExample,
    link: {
      description: 'URL of the session, rel="session"',
      of: ({ row }) => `<${sessionsUrl}/sessions/${row.sessionId}>; rel="session"`,
    },
    handle: (command) => counting('accept', acceptBooking(db, { ...command, sessionId: newId(), messageId: newId() })),
  }),
  bookings.transition({
    action: 'decline',
    summary: 'Decline a draft',
    description: 'For the booking’s mentor. Final.',
    example: { ...decidedExample, status: 'declined' },
    handle: (command) => counting('decline', declineBooking(db, { ...command, messageId: newId() })),
  }),
  bookings.transition({
    action: 'cancel',
    summary: 'Cancel a draft',
    description: 'For the booking’s mentee. An accepted booking cannot be cancelled.',
    example: { ...decidedExample, status: 'cancelled' },
    handle: (command) => counting('cancel', cancelBooking(db, { ...command, messageId: newId() })),
  }),
];
