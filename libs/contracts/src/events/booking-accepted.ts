import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { metadata, text, timestamp, uuid } from '../primitives.ts';

const data = z
  .object({
    bookingId: uuid,
    sessionId: uuid.describe('minted by the acceptance; the session that follows has this id'),
    listingId: uuid,
    mentorProfileId: uuid,
    menteeUserId: uuid,
    start: timestamp,
    end: timestamp,
    notes: text.nullable().describe('private to the two people'),
    metadata,
    acceptedAt: timestamp,
    acceptedBy: uuid.describe('user id of the mentor who accepted'),
  })
  .refine(({ start, end }) => start < end, { path: ['end'], error: 'must be after start' });

export type BookingAccepted = z.infer<typeof data>;

export const bookingAccepted = defineEvent<BookingAccepted>({
  type: 'booking.accepted',
  version: 1,
  source: '/bookings',
  mustReachAQueue: true,
  isInternal: true, // the notes
  data,
});
