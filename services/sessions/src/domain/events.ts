import {
  envelopeOf,
  sessionCompleted,
  sessionCompletionOverdue,
  sessionScheduled,
  sessionStarted,
  sessionStartingSoon,
  sessionStartOverdue,
  termsOf,
  type BookingAccepted,
  type Envelope,
  type SessionScheduled,
  type Terms,
} from '@mentor-sessions/contracts';
import type { BesideSession, Session } from './session.ts';
import type { Fact } from './timer.ts';

/** Id of the event, minted by the caller, and trace of the request that caused it. */
export type Message = { readonly messageId: string; readonly traceparent?: string | undefined };

type Scheduled = Message & { readonly createdAt: Date };
type Mentor = Pick<BesideSession, 'mentorUserId'>;
type Move = Message & Mentor;

export const sessionScheduledEvent = (data: SessionScheduled, { createdAt, ...message }: Scheduled): Envelope => {
  const session = { id: data.sessionId, bookingId: data.bookingId };
  return envelopeOf(sessionScheduled, { ...occurrence(session, message, createdAt.toISOString()), sequence: 1, data });
};

export const sessionStartedEvent = (session: Session, move: Move): Envelope => {
  const start = startOf(session);
  const data = { ...factsOf(session, move), ...start };
  return envelopeOf(sessionStarted, { ...occurrence(session, move, start.startedAt), sequence: 2, data });
};

export const sessionCompletedEvent = (session: Session, move: Move): Envelope => {
  const completion = completionOf(session);
  const data = { ...factsOf(session, move), ...startOf(session), ...completion };
  return envelopeOf(sessionCompleted, { ...occurrence(session, move, completion.completedAt), sequence: 3, data });
};

type TimedEvent = Move & Fact & { readonly now: Date };

const facts = {
  'session.starting-soon': sessionStartingSoon,
  'session.start-overdue': sessionStartOverdue,
  'session.completion-overdue': sessionCompletionOverdue,
} as const;

/** An event that follows from time alone. Its sequence is that of the session's last change: it changes nothing. */
export const factEvent = (session: Session, { type, offsetSeconds, dueAt, now, ...move }: TimedEvent): Envelope =>
  envelopeOf<object>(facts[type], {
    ...occurrence(session, move, now.toISOString()),
    sequence: session.version,
    data: {
      ...factsOf(session, move),
      ...(type === 'session.completion-overdue' ? startOf(session) : {}),
      ...(type === 'session.starting-soon' ? { offsetSeconds } : {}),
      dueAt: dueAt.toISOString(),
    },
  });

/** Every event that a session in its state must have caused, in order: for publishing one that is missing. */
export const eventsOf = (session: Session, { mentorUserId }: Mentor, newId: () => string): Envelope[] => {
  const move = () => ({ messageId: newId(), mentorUserId });
  const { createdAt, startedAt, completedAt } = session;
  return [
    sessionScheduledEvent(factsOf(session, { mentorUserId }), { messageId: newId(), createdAt }),
    ...(startedAt ? [sessionStartedEvent(session, move())] : []),
    ...(completedAt ? [sessionCompletedEvent(session, move())] : []),
  ];
};

/** What all events of a session say of it. */
export const factsOfBooking = (booking: BookingAccepted): SessionScheduled => ({
  sessionId: booking.sessionId,
  bookingId: booking.bookingId,
  mentorUserId: booking.acceptedBy,
  ...termsOf(booking),
});

const factsOf = (session: Session, { mentorUserId }: Mentor): SessionScheduled => ({
  sessionId: session.id,
  bookingId: session.bookingId,
  mentorUserId,
  ...publishedTerms(session),
});

/** A session's terms as its booking had them. */
export const publishedTerms = (session: Session): Terms =>
  termsOf({ ...session, start: session.startTime.toISOString(), end: session.endTime.toISOString() });

type Subject = Pick<Session, 'id' | 'bookingId'>;

const occurrence = (session: Subject, { messageId, traceparent }: Message, time: string) => ({
  id: messageId,
  subject: session.id,
  correlationId: session.bookingId,
  traceparent,
  time,
});

const startOf = ({ id, startedAt, startedBy }: Session) => {
  if (!startedAt || !startedBy) throw new Error(`session ${id} was never started`);
  return { startedAt: startedAt.toISOString(), startedBy };
};

const completionOf = ({ id, completedAt, completedBy }: Session) => {
  if (!completedAt || !completedBy) throw new Error(`session ${id} was never completed`);
  return { completedAt: completedAt.toISOString(), completedBy };
};

/** Why this service refuses a message for good, beside what every consumer refuses. Each has its line in the runbook. */
export const rejections = ['session-already-exists', 'session-id-taken'] as const;
