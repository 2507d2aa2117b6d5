import { z } from 'zod';
import { id, pageQuery } from '@mentor-sessions/service-kit/fields';
import { defineRoute, linkToNext, type Route } from '@mentor-sessions/service-kit/http';
import type { CountTransition } from '@mentor-sessions/service-kit/metrics';
import { bookingStatuses, type BookingAction } from '../domain/lifecycle.ts';
import { acceptBooking } from '../use-cases/accept-booking.ts';
import { cancelBooking } from '../use-cases/cancel-booking.ts';
import { createBooking } from '../use-cases/create-booking.ts';
import { declineBooking } from '../use-cases/decline-booking.ts';
import type { BookingsDatabase } from '../use-cases/database.ts';
import { getBooking } from '../use-cases/get-booking.ts';
import { listBookings } from '../use-cases/list-bookings.ts';
import { answerWith } from './answer.ts';
import { bookingRequest } from './booking-request.ts';
import { doubleBooked, expired, invalidTransition } from './booking-problems.ts';
import { bookingView, viewBooking } from './booking-view.ts';

type Needs = {
  readonly db: BookingsDatabase;
  readonly newId: () => string;
  readonly counting: CountTransition<BookingAction>;
  /** Public base URL of the sessions service, for links. */
  readonly sessionsUrl: string;
};

const params = z.object({ id });
const etag = { ETag: 'its version, for `If-Match`' };
const oneBooking = { description: 'the booking', schema: bookingView, headers: etag };
const tags = ['bookings'];

export const bookingRoutes = ({ db, newId, counting, sessionsUrl }: Needs): Route[] => [
  defineRoute({
    method: 'post',
    path: '/bookings',
    operationId: 'createBooking',
    summary: 'Ask a mentor for a booking',
    description: 'For a mentee, for themself. Start must not be in the past.',
    tags,
    body: bookingRequest,
    responses: { 201: { ...oneBooking, headers: { ...etag, Location: 'path of the booking' } } },
    problems: ['forbidden'],
    handle: async ({ body: request, actor, idempotencyKey: key }) => {
      const made = await createBooking(db, { id: newId(), actor, request, key });
      return answerWith(made, actor, { status: 201, headers: { Location: `/bookings/${made.booking.id}` } });
    },
  }),
  defineRoute({
    method: 'get',
    path: '/bookings',
    operationId: 'listBookings',
    summary: 'Your own bookings, by start',
    tags,
    query: z.strictObject({
      status: z.enum(bookingStatuses).optional(),
      as: z.enum(['mentor', 'mentee']).optional().describe('one side only; default: both'),
      ...pageQuery,
    }),
    responses: {
      200: {
        description: 'a page',
        optionalHeaders: { Link: 'URL of the next page, `rel="next"`, unless this is the last one' },
        schema: z
          .object({ items: z.array(bookingView), nextCursor: z.string().nullable() })
          .meta({ id: 'BookingPage' }),
      },
    },
    handle: async ({ query: { as, status, from, to, ...page }, actor, target }) => {
      const filter = { status, from, to };
      const { items, nextCursor, now, statuses } = await listBookings(db, actor, {
        as,
        filter,
        page: { ...page, cursor: page.cursor ?? null },
      });
      const body = {
        items: items.map((booking) =>
          viewBooking({ booking, sessionStatus: statuses[booking.id] ?? null, now }, actor),
        ),
        nextCursor,
      };
      return { status: 200, body, headers: linkToNext(target, nextCursor) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/bookings/{id}',
    operationId: 'getBooking',
    summary: 'One booking',
    tags,
    params,
    responses: { 200: oneBooking },
    problems: ['not-found', 'forbidden'],
    handle: async ({ params: { id: bookingId }, actor }) => answerWith(await getBooking(db, bookingId, actor), actor),
  }),
  defineRoute({
    method: 'patch',
    path: '/bookings/{id}/accept',
    operationId: 'acceptBooking',
    summary: 'Accept a draft: exactly one session follows',
    description:
      'For the booking’s mentor. The answer has the sessionId already; its URL answers 404 until the sessions service has handled the event.',
    tags,
    params,
    responses: { 200: { ...oneBooking, headers: { ...etag, Link: 'URL of the session, rel="session"' } } },
    problems: ['not-found', 'forbidden', 'precondition-failed', invalidTransition, doubleBooked, expired],
    handle: async ({ params: { id: bookingId }, actor, ifMatch: { matches }, idempotencyKey: key, traceparent }) => {
      const ids = { sessionId: newId(), messageId: newId() };
      const command = { id: bookingId, actor, ifMatch: matches, key, ...ids, traceparent };
      const accepted = await counting('accept', acceptBooking(db, command));
      const link = `<${sessionsUrl}/sessions/${accepted.booking.sessionId}>; rel="session"`;
      return answerWith(accepted, actor, { headers: { Link: link } });
    },
  }),
  defineRoute({
    method: 'patch',
    path: '/bookings/{id}/decline',
    operationId: 'declineBooking',
    summary: 'Decline a draft',
    description: 'For the booking’s mentor. Final.',
    tags,
    params,
    responses: { 200: oneBooking },
    problems: ['not-found', 'forbidden', 'precondition-failed', invalidTransition],
    handle: async ({ params: { id: bookingId }, actor, ifMatch: { matches }, idempotencyKey: key }) =>
      answerWith(await counting('decline', declineBooking(db, { id: bookingId, actor, ifMatch: matches, key })), actor),
  }),
  defineRoute({
    method: 'patch',
    path: '/bookings/{id}/cancel',
    operationId: 'cancelBooking',
    summary: 'Cancel a draft',
    description: 'For the booking’s mentee. An accepted booking cannot be cancelled.',
    tags,
    params,
    responses: { 200: oneBooking },
    problems: ['not-found', 'forbidden', 'precondition-failed', invalidTransition],
    handle: async ({ params: { id: bookingId }, actor, ifMatch: { matches }, idempotencyKey: key }) =>
      answerWith(await counting('cancel', cancelBooking(db, { id: bookingId, actor, ifMatch: matches, key })), actor),
  }),
];
