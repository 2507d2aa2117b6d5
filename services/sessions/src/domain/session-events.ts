import {
  envelopeOf,
  sessionCompleted,
  sessionScheduled,
  sessionStarted,
  type BookingAccepted,
  type Envelope,
  type SessionScheduled,
} from '@mentor-sessions/contracts';
import type { Session, SessionCompletion, SessionStart } from './session.ts';

export type Story = {
  readonly messageId: string;
  readonly mentorUserId: string;
  readonly traceparent?: string | undefined;
};

type Birth = { readonly messageId: string; readonly createdAt: Date; readonly traceparent?: string | undefined };

const scheduled = (data: SessionScheduled, { messageId, createdAt, traceparent }: Birth): Envelope =>
  envelopeOf(sessionScheduled, {
    id: messageId,
    subject: data.sessionId,
    time: createdAt.toISOString(),
    sequence: 1,
    correlationId: data.bookingId,
    traceparent,
    data,
  });

export const sessionScheduledEvent = (booking: BookingAccepted, birth: Birth): Envelope =>
  scheduled(
    {
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
    birth,
  );

/** Every event that a session in its state must have caused, in order: for publishing one that is missing. */
export const eventsOfSession = (
  session: Session,
  { mentorUserId, newId }: { readonly mentorUserId: string; readonly newId: () => string },
): Envelope[] => {
  const story = () => ({ mentorUserId, messageId: newId() });
  const { createdAt, startedAt, startedBy, completedAt, completedBy } = session;
  const events = [scheduled(facts(session, story()), { messageId: newId(), createdAt })];
  if (startedAt && startedBy)
    events.push(sessionStartedEvent(session, { status: 'in_progress', version: 2, startedAt, startedBy }, story()));
  if (completedAt && completedBy)
    events.push(sessionCompletedEvent(session, { status: 'completed', version: 3, completedAt, completedBy }, story()));
  return events;
};

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
