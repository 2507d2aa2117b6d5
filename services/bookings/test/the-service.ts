import { randomUUID } from 'node:crypto';
import { bookingAccepted, catalogue } from '@mentor-sessions/contracts';
import { large } from '@mentor-sessions/lab/every-service/order-of-checks';
import type { PlainRow, ServiceUnderTest } from '@mentor-sessions/lab/every-service/service';
import { people } from '@mentor-sessions/lab/people';
import { lists, ofOneBooking } from './authorization-matrix.ts';
import {
  historiesOfBookings,
  inHour,
  insertBookings,
  insertPastBookings,
  plainBooking,
  type PlainBooking,
} from './plain-bookings.ts';

const mentor = people['its mentor'];
const text = { 'content-type': 'text/plain' };
const post = { method: 'POST', path: '/bookings' } as const;
const request = { listingId: randomUUID(), mentorProfileId: mentor.mentorProfileId, ...inHour(9) };

/** The bookings service, for the tests that hold for every service. */
export const bookings: ServiceUnderTest = {
  service: 'bookings',
  noun: 'booking',
  statuses: ['draft', 'accepted', 'declined', 'cancelled'],
  versionIn: { draft: 1, accepted: 2, declined: 2, cancelled: 2 },
  moves: {
    accept: { from: 'draft', to: 'accepted', as: mentor, events: ['booking.accepted'] },
    decline: { from: 'draft', to: 'declined', as: mentor, events: ['booking.declined'] },
    cancel: { from: 'draft', to: 'cancelled', as: people['its mentee'], events: ['booking.cancelled'] },
  },
  may: ({ isMentor, isMentee, isTheMentee }) => ({
    accept: isMentor && !isTheMentee,
    decline: isMentor,
    cancel: isMentee,
  }),
  plain: (n, wanted = {}) => plainBooking(n, wanted as Partial<PlainBooking>),
  insert: (app, rows: readonly PlainRow[]) => insertBookings(app, rows as readonly PlainBooking[]),
  histories: historiesOfBookings,
  tables: { rows: 'bookings', transitions: 'booking_transitions', others: [] },
  matrix: { ofOne: ofOneBooking, lists },
  signature: {
    row: (_, by) => ({ decided_by: by }),
    answer: () => ({ allowedActions: [] }),
  },
  documents: {
    requests: `
GET /bookings 200 400 401 429 500 503
GET /bookings/{id} 200 304 400 401 403 404 429 500 503
GET /bookings/{id}/history 200 400 401 403 404 429 500 503
PATCH /bookings/{id}/accept 200 400 401 403 404 409 412 413 415 422 429 500 503
PATCH /bookings/{id}/cancel 200 400 401 403 404 409 412 413 415 422 429 500 503
PATCH /bookings/{id}/decline 200 400 401 403 404 409 412 413 415 422 429 500 503
POST /bookings 201 400 401 403 409 413 415 422 429 500 503
`,
    root: {
      name: 'Bookings',
      docs: '/docs',
      openapi: '/openapi.json',
      problems: '/problems',
      pages: ['/messages', '/asyncapi.json', '/guide'],
      schemas: catalogue.flatMap((event) =>
        event.source === '/bookings' ? `/schemas/${event.type}/${event.version}` : [],
      ),
      lists: ['/bookings'],
    },
    says: [
      'invalid-transition',
      'mentor-double-booked',
      'booking-expired',
      'precondition-failed',
      'draft → accepted | declined | cancelled',
      'If-Match',
      '"ETag"',
      '"Location"',
      '"Link"',
      '"maxLength":2000',
      '"maxProperties":20',
    ],
    otherService: 'http://localhost:3002/docs',
    events: [bookingAccepted],
    elsewhere: '/schemas/booking.accepted/2',
  },
  lists: {
    refused: [
      'status=scheduled',
      'status=draft&status=scheduled',
      'status=draft,',
      'expand=mentor',
      'expand=',
      'expired=',
      'expired=1',
      'expired=true,false',
      'bookingId=019800000000700080000000000000b0',
    ],
    actions: [['decline', 'cancel'], ['cancel']],
  },
  overdue: {
    field: 'expired',
    of: ({ status, end }, now) => status === 'draft' && now >= end.getTime(),
    filters: { 'expired=true': (value) => value === true, 'expired=false': (value) => value === false },
    insert: ({ app, owner }, rows) => insertPastBookings(app, owner, rows as readonly PlainBooking[]),
  },
  outage: [
    [
      'POST',
      '/bookings',
      {
        listingId: randomUUID(),
        mentorProfileId: randomUUID(),
        ...inHour(9),
      },
    ],
    ['GET', '/bookings'],
    ['GET', '/bookings?as=mentee&status=draft'],
    ['GET', `/bookings/${randomUUID()}`],
    ['GET', `/bookings/${randomUUID()}/history`],
    ['PATCH', `/bookings/${randomUUID()}/accept`],
  ],
  order: {
    further: (id) => [
      { earlier: '405 method-not-allowed', later: '401', method: 'DELETE', path: '/bookings' },
      { earlier: '405 method-not-allowed', later: '401', method: 'PATCH', path: `/bookings/${id}` },
      { ...post, earlier: '401 unauthenticated', later: '413', body: large },
      { ...post, earlier: '413 payload-too-large', later: '415', as: mentor, body: large, headers: text },
      { ...post, earlier: '415 unsupported-media-type', later: '400', as: mentor, body: '{', headers: text },
      { ...post, earlier: '400 malformed-json', later: 'shape', path: '/bookings?a=b', as: mentor, body: '{' },
      { ...post, earlier: '400 validation-failed', later: '403', as: mentor, body: request },
      { ...post, earlier: '400 validation-failed', later: '403', as: people['another mentor'], body: {} },
    ],
    allowed: (id) => [
      ['DELETE', '/bookings', 'GET, HEAD, POST'],
      ['DELETE', `/bookings/${id}`, 'GET, HEAD'],
      ['DELETE', `/bookings/${id}/history`, 'GET, HEAD'],
      ['DELETE', `/bookings/${id}/accept`, 'PATCH'],
      ['DELETE', `/bookings/${id}/decline`, 'PATCH'],
      ['DELETE', `/bookings/${id}/cancel`, 'PATCH'],
    ],
    nothingAt: ['/sessions'],
  },
};
