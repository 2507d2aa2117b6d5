import {
  bookingCancelled,
  bookingDeclined,
  bookingExpired,
  bookingRequested,
  sessionCompleted,
  sessionCompletionOverdue,
  sessionScheduled,
  sessionStarted,
  sessionStartingSoon,
  sessionStartOverdue,
} from '@mentor-sessions/contracts';
import type { Message, PublishedEvent } from '@mentor-sessions/messaging';

export const roles = ['mentor', 'mentee'] as const;
export type Role = (typeof roles)[number];

/** What all events have in common. A booking has no mentor's user yet, only the profile. */
export type Appointment = {
  readonly mentorProfileId: string;
  readonly mentorUserId?: string;
  readonly menteeUserId: string;
  readonly start: string;
  readonly end: string;
  readonly startedBy?: string;
};

type Mail = {
  readonly event: PublishedEvent<Appointment>;
  readonly to: readonly Role[];
  readonly subject: string;
  /** Default: always. */
  readonly isFor?: (data: Appointment, personId: string) => boolean;
};

/** Who gets a mail about what. Nothing that people wrote is in it: neither notes nor metadata. */
const mails: readonly Mail[] = [
  { event: bookingRequested, to: ['mentor'], subject: 'A mentee requests a session' },
  { event: sessionScheduled, to: ['mentee'], subject: 'Your mentor has accepted' }, // booking.accepted is internal
  { event: bookingDeclined, to: ['mentee'], subject: 'Your mentor has declined' },
  { event: bookingCancelled, to: ['mentor'], subject: 'The mentee has cancelled' }, // only the mentee can
  { event: bookingExpired, to: ['mentee'], subject: 'Your request was not answered in time' },
  {
    event: sessionStartingSoon,
    to: roles,
    subject: 'Your session starts soon',
    isFor: ({ start }) => Date.parse(start) > Date.now(), // otherwise the mail comes too late
  },
  {
    event: sessionStarted,
    to: roles,
    subject: 'Your session has started',
    isFor: ({ startedBy }, personId) => startedBy !== personId, // to the other person
  },
  { event: sessionStartOverdue, to: roles, subject: 'Your session was never started' },
  { event: sessionCompletionOverdue, to: ['mentor'], subject: 'Please complete your session' },
  { event: sessionCompleted, to: ['mentee'], subject: 'Your session is completed' },
];

/** The events for the queue of one role. */
export const eventsFor = (role: Role): PublishedEvent<Appointment>[] =>
  mails.filter(({ to }) => to.includes(role)).map(({ event }) => event);

const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' });

/** Whom to write to and what; undefined if the event needs no mail to that person. */
export const mailFor = (role: Role, { type, correlationId, data }: Message<Appointment>) => {
  const personId = role === 'mentee' ? data.menteeUserId : (data.mentorUserId ?? data.mentorProfileId);
  const mail = mails.find(({ event }) => event.type === type);
  if (!mail || mail.isFor?.(data, personId) === false) return undefined;
  const { subject } = mail;
  const text = `${subject}: ${time.format(new Date(data.start))} UTC.\n\nBooking ${correlationId}\n`;
  return { personId, subject, text };
};
