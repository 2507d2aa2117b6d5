import {
  envelopeOf,
  sessionCompleted,
  sessionScheduled,
  sessionStarted,
  type BookingAccepted,
  type Envelope,
} from '@mentor-sessions/contracts';
import type { Session, SessionCompletion, SessionStart } from './session.ts';

export type Story = {
  readonly messageId: string;
  readonly mentorUserId: string;
  readonly traceparent?: string | undefined;
};

export const sessionScheduledEvent = (
  booking: BookingAccepted,
  birth: { messageId: string; createdAt: Date; traceparent?: string | undefined },
): Envelope =>
  envelopeOf(sessionScheduled, {
    id: birth.messageId,
    subject: booking.sessionId,
    time: birth.createdAt.toISOString(),
    sequence: 1,
    correlationId: booking.bookingId,
    traceparent: birth.traceparent,
    data: {
      sessionId: booking.sessionId,
      bookingId: booking.bookingId,
      listingId: booking.listingId,
      mentorProfileId: booking.mentorProfileId,
      mentorUserId: booking.acceptedBy,
      menteeUserId: booking.menteeUserId,
      start: booking.start,
      end: booking.end,
      metadata: booking.metadata,
    },
  });

export const sessionStartedEvent = (session: Session, change: SessionStart, story: Story): Envelope => {
  const startedAt = change.startedAt.toISOString();
  return envelopeOf(sessionStarted, {
    ...occurrence(session, change.version, story),
    time: startedAt,
    data: { ...facts(session, story), startedAt, startedBy: change.startedBy },
  });
};

export const sessionCompletedEvent = (session: Session, change: SessionCompletion, story: Story): Envelope => {
  const { startedAt, startedBy } = session;
  if (!startedAt || !startedBy) throw new Error('a session that was never started cannot have been completed');
  const completedAt = change.completedAt.toISOString();
  return envelopeOf(sessionCompleted, {
    ...occurrence(session, change.version, story),
    time: completedAt,
    data: {
      ...facts(session, story),
      startedAt: startedAt.toISOString(),
      startedBy,
      completedAt,
      completedBy: change.completedBy,
    },
  });
};

const occurrence = (session: Session, version: number, { messageId, traceparent }: Story) => ({
  id: messageId,
  subject: session.id,
  sequence: version,
  correlationId: session.bookingId,
  traceparent,
});

const facts = (session: Session, { mentorUserId }: Story) => ({
  sessionId: session.id,
  bookingId: session.bookingId,
  listingId: session.listingId,
  mentorProfileId: session.mentorProfileId,
  mentorUserId,
  menteeUserId: session.menteeUserId,
  start: session.startTime.toISOString(),
  end: session.endTime.toISOString(),
  metadata: session.metadata,
});
