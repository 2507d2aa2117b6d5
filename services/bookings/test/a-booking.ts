import type { Booking, BookingStatus } from '../src/domain/booking.ts';
import { menteeId, mentorId, profileId } from '@mentor-sessions/lab/people';

export const noon = new Date('2026-03-01T12:00:00.000Z');
export const start = new Date('2026-03-02T09:00:00.000Z');
export const end = new Date('2026-03-02T10:00:00.000Z');

export const sessionId = '01980000-0000-7000-8000-0000000000e0';
export const messageId = '01980000-0000-7000-8000-0000000000e1';

/** A booking asked for at noon, and decided then unless it is a draft. */
export const aBooking = (status: BookingStatus = 'draft', changes: Partial<Booking> = {}): Booking => ({
  id: '01980000-0000-7000-8000-000000000001',
  listingId: '01980000-0000-7000-8000-000000000002',
  mentorProfileId: profileId,
  menteeUserId: menteeId,
  startTime: start,
  endTime: end,
  status,
  sessionId: status === 'accepted' ? sessionId : null,
  acceptedMessageId: status === 'accepted' ? messageId : null,
  decidedAt: status === 'draft' ? null : noon,
  decidedBy: status === 'draft' ? null : status === 'cancelled' ? menteeId : mentorId,
  notes: null,
  metadata: {},
  version: status === 'draft' ? 1 : 2,
  createdAt: noon,
  updatedAt: noon,
  ...changes,
});
