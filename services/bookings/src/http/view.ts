import { z } from 'zod';
import { terms } from '@mentor-sessions/contracts';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import { exampleDays } from '@mentor-sessions/service-kit/example-days';
import { breaks, id, instant, optional, text, time, uuid, version } from '@mentor-sessions/service-kit/fields';
import type { Seen } from '@mentor-sessions/service-kit/repository';
import {
  allowedActions,
  bookingStatuses,
  isExpired,
  lifecycle,
  sessionStatuses,
  type BesideBooking,
  type Booking,
  type Terms,
} from '../domain/booking.ts';
import { publishedTerms } from '../domain/events.ts';

const KEYS = 20;

/** As at Stripe: for the caller's own use, carried to the session and its events unchanged. */
const metadata = z
  .record(text({ min: 1, max: 40 }), text({ max: 500 }))
  .refine(
    (value) => Object.keys(value).length <= KEYS,
    breaks('too-many', `must have at most ${KEYS} keys`, { max: KEYS }),
  )
  .meta({ description: 'for your own use', maxProperties: KEYS, example: { campaign: 'autumn' } });

/** Of the document: the mentor of the guide, tomorrow at ten, for an hour. */
const requested = {
  listingId: '01980000-0000-7000-8000-0000000000cc',
  mentorProfileId: '01980000-0000-7000-8000-0000000000aa',
  start: `${exampleDays.tomorrow}T10:00:00.000Z`,
  end: `${exampleDays.tomorrow}T11:00:00.000Z`,
  notes: 'How do I find my first job?',
  metadata: { campaign: 'autumn' },
};

export const bookingRequest = z
  .strictObject({
    listingId: id,
    mentorProfileId: id,
    start: instant,
    end: instant,
    notes: optional(text({ max: 2_000 }), null).describe('private to the two people'),
    metadata: optional(metadata, {}),
  })
  .meta({ id: 'BookingRequest', example: requested, description: 'In optional fields, null is the same as absent.' });

export const termsOf = ({ start, end, ...terms }: z.output<typeof bookingRequest>): Terms => ({
  ...terms,
  startTime: start,
  endTime: end,
});

/** As the mentee sees it. */
const booking = {
  id: '01980000-0000-7000-8000-0000000000b1',
  ...requested,
  menteeUserId: '01980000-0000-7000-8000-00000000bbbb',
  status: 'draft',
  expired: false,
  sessionId: null,
  sessionStatus: null,
  allowedActions: ['cancel'],
  version: 1,
  createdAt: `${exampleDays.today}T09:00:00.000Z`,
  updatedAt: `${exampleDays.today}T09:00:00.000Z`,
};

export const bookingView = z
  .object({
    id: uuid,
    ...terms.shape,
    status: z.enum(bookingStatuses),
    expired: z
      .boolean()
      .describe('a draft whose end has passed: no one can accept it any more. Changes with time, not with `version`'),
    sessionId: uuid
      .nullable()
      .describe('minted by the acceptance; until the sessions service has handled it, its URL answers 404'),
    sessionStatus: z
      .enum(sessionStatuses)
      .nullable()
      .describe('what has become of it; null until known here; follows the session by some milliseconds'),
    session: z
      .object({
        id: uuid,
        status: z.enum(sessionStatuses),
        sequence: version.describe('its version, for `If-Match`'),
      })
      .nullable()
      .optional()
      .describe('with `expand=session`: what is known of it here; null until then'),
    notes: z.string().nullable().describe('private to the two people'),
    allowedActions: z.array(z.enum(lifecycle.actions)).describe('what you may do now'),
    version: version.describe('also the ETag'),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Booking', example: booking });

/** In which the example differs once it is decided. */
export const decidedExample = {
  version: 2,
  allowedActions: [],
  updatedAt: `${exampleDays.today}T09:05:00.000Z`,
};
export const acceptedExample = {
  ...decidedExample,
  status: 'accepted',
  sessionId: '01980000-0000-7000-8000-0000000000e1',
};

/** Of the example, once it is accepted. */
export const historyExample = [
  { from: null, to: 'draft', by: booking.menteeUserId, at: booking.createdAt },
  { from: 'draft', to: 'accepted', by: '01980000-0000-7000-8000-00000000aaaa', at: acceptedExample.updatedAt },
];

export const expand = z.enum(['session']).optional().describe('`session`: with what is known of it here');

/** An answer that is given again says what it said then of the session: nothing. */
export type SeenBooking = Seen<Booking> & Partial<BesideBooking> & { readonly expand?: 'session' | undefined };

export const viewBooking = (seen: SeenBooking, actor: Actor): z.infer<typeof bookingView> => {
  const { row: booking, now, session = null, expand } = seen;
  return {
    id: booking.id,
    ...publishedTerms(booking),
    status: booking.status,
    expired: isExpired(booking, now),
    sessionId: booking.sessionId,
    sessionStatus: session?.status ?? null,
    ...(expand === 'session' && { session }),
    notes: booking.notes,
    allowedActions: allowedActions(booking, { actor, now }),
    version: booking.version,
    createdAt: booking.createdAt.toISOString(),
    updatedAt: booking.updatedAt.toISOString(),
  };
};

/** Without a new version, the session's status appears and a draft expires; what has not happened cannot have been seen. */
export const mayDiffer = ({ row, now, session }: SeenBooking): boolean => Boolean(session) || isExpired(row, now);
