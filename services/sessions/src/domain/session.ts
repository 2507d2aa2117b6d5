import type { Terms } from '@mentor-sessions/contracts';
import { NotFound } from '@mentor-sessions/service-kit/errors';
import { defineLifecycle, type Attempt } from '@mentor-sessions/service-kit/transitions';

export const sessionStatuses = ['scheduled', 'in_progress', 'completed'] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

/** Start, end and people are exactly the booking's. */
export type Session = Readonly<Omit<Terms, 'start' | 'end'>> & {
  readonly id: string;
  readonly bookingId: string;
  readonly startTime: Date;
  readonly endTime: Date;
  readonly status: SessionStatus;
  readonly notes: string | null;
  readonly startedAt: Date | null;
  readonly startedBy: string | null;
  readonly completedAt: Date | null;
  readonly completedBy: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

/** What is known beside a session: the mentor who accepted its booking, and when. */
export type BesideSession = { readonly mentorUserId: string; readonly acceptedAt: Date };

export const lifecycle = defineLifecycle({
  noun: 'session',
  transitions: {
    start: { from: 'scheduled', to: 'in_progress', by: ['mentor', 'mentee'] },
    // the mentor's word about the mentee: not the mentee's, even as one of the mentor profile's users
    complete: { from: 'in_progress', to: 'completed', by: ['mentor'], neverBy: 'mentee' },
  },
});

export type SessionAction = (typeof lifecycle.actions)[number];

// The booked time has no say in either.

export const start = (session: Session, attempt: Attempt) => {
  const moved = lifecycle.move('start', session, attempt);
  return { ...moved, startedAt: moved.updatedAt, startedBy: attempt.actor.userId };
};

export const complete = (session: Session, attempt: Attempt) => {
  const moved = lifecycle.move('complete', session, attempt);
  return { ...moved, completedAt: moved.updatedAt, completedBy: attempt.actor.userId };
};

/** What the two people have left undone. */
export const attentions = ['start-overdue', 'completion-overdue'] as const;
export type Attention = (typeof attentions)[number];

/** A session in this status is overdue from so many seconds after the latest of these times on. */
type Deadline = {
  readonly attention: Attention;
  readonly status: SessionStatus;
  readonly after: readonly ('endTime' | 'startedAt')[];
  readonly graceSeconds: number;
};

/** One table for events, answers and lists. */
export const deadlines = (completionGraceSeconds: number): readonly Deadline[] => [
  { attention: 'start-overdue', status: 'scheduled', after: ['endTime'], graceSeconds: 0 },
  {
    attention: 'completion-overdue',
    status: 'in_progress',
    after: ['endTime', 'startedAt'],
    graceSeconds: completionGraceSeconds,
  },
];

/** With what this session will be overdue if it stays as it is, and when. */
export const deadlineOf = (session: Session, completionGraceSeconds: number) =>
  deadlines(completionGraceSeconds)
    .filter(({ status }) => status === session.status)
    .map(({ attention, after, graceSeconds }) => {
      const latest = Math.max(...after.map((time) => (session[time] ?? session.endTime).getTime()));
      return { attention, dueAt: new Date(latest + graceSeconds * 1_000) };
    })[0];

export const attentionOf = (session: Session, now: Date, completionGraceSeconds: number): Attention | null => {
  const deadline = deadlineOf(session, completionGraceSeconds);
  return deadline && deadline.dueAt <= now ? deadline.attention : null;
};

export const sessionNotFound = (): NotFound =>
  new NotFound('Session not found. If the booking was just accepted, retry shortly.', {
    headers: { 'Retry-After': '1' },
  });
