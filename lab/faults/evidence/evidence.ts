import type { Operation } from './history.ts';

/** All columns as PostgreSQL writes them (times in UTC), so that comparing is exact. */
export type BookingRow = {
  readonly id: string;
  readonly listing_id: string;
  readonly mentor_profile_id: string;
  readonly mentee_user_id: string;
  readonly start_time: string;
  readonly end_time: string;
  readonly status: 'draft' | 'accepted' | 'declined' | 'cancelled';
  readonly session_id: string | null;
  readonly accepted_message_id: string | null;
  readonly notes: string | null;
  readonly metadata: string;
  readonly version: number;
};
export type SessionRow = {
  readonly id: string;
  readonly booking_id: string;
  readonly listing_id: string;
  readonly mentor_profile_id: string;
  readonly mentee_user_id: string;
  readonly start_time: string;
  readonly end_time: string;
  readonly status: 'scheduled' | 'in_progress' | 'completed';
  readonly notes: string | null;
  readonly metadata: string;
  readonly started_by: string | null;
  readonly completed_by: string | null;
  readonly version: number;
  /** Milliseconds of the database's clock. */
  readonly accepted_at: number;
  readonly started_at: number | null;
};
/** One row of an audit; `position` is the order in which they were written. */
export type AuditRow = {
  readonly id: string;
  readonly from_status: string | null;
  readonly to_status: string;
  readonly actor_user_id: string | null;
  /** Milliseconds of the database's clock. */
  readonly at: number;
};
/** What a timer wrote with an event; times in milliseconds of the database's clock. */
export type TimerEventRow = {
  readonly message_id: string;
  readonly aggregate_id: string;
  readonly type: string;
  readonly offset_seconds: number;
  readonly due_at: number;
  readonly written_at: number;
};
export type OutboxRow = {
  readonly message_id: string;
  readonly aggregate_id: string;
  readonly sequence: number;
  readonly type: string;
};
export type DeadLetterRow = {
  readonly message_id: string | null;
  readonly reason: string;
  readonly times_seen: number;
  readonly resolution: string | null;
  readonly last_error: string | null;
};

export type Dump = {
  /** Still waiting to be published. */
  readonly outbox: readonly OutboxRow[];
  readonly published: readonly OutboxRow[];
  readonly deadLetters: readonly DeadLetterRow[];
  /** Ids of messages that had their effect. */
  readonly inbox: readonly string[];
  readonly timerEvents: readonly TimerEventRow[];
};

/** How long before its start a session starts soon, and how long after its end its completion is overdue. */
export type Timing = { readonly startingSoonSeconds: readonly number[]; readonly completionGraceSeconds: number };
/** What bookings knows of a session. */
type KnownSessionRow = { readonly booking_id: string; readonly status: string; readonly sequence: number };

export type BookingsDump = Dump & {
  readonly bookings: readonly BookingRow[];
  readonly audit: readonly AuditRow[];
  readonly known?: readonly KnownSessionRow[];
};
export type SessionsDump = Dump & {
  readonly sessions: readonly SessionRow[];
  readonly audit: readonly AuditRow[];
};

/** A copy of an event as a subscriber of all events received it, in order. */
export type Copy = {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
  readonly body: string;
};

export type QueueDepth = { readonly queue: string; readonly messages: number };

/** A session in the output of `ops reconcile`. */
export type NamedSession = {
  readonly sessionId: string;
  readonly bookingId: string;
  readonly state: string;
  readonly bookingStatus?: string | null;
  readonly bookedInstead?: string | null;
};
/** An accepted booking without a session in that output. */
export type NamedBooking = { readonly bookingId: string; readonly state: string };

/** One service's database was restored to an earlier time while the other service continued. */
export type Restored = {
  readonly service: 'bookings' | 'sessions';
  /** Bookings that were lost or returned to an earlier state, or whose session was. */
  readonly takenBack: ReadonlySet<string>;
  /** By the driver's clock: what ended before `to` was kept, what began after `at` used the restored database. */
  readonly to: number;
  readonly at: number;
  readonly named: { readonly news: readonly NamedSession[]; readonly overdue: readonly NamedBooking[] };
};

/** The state of everything at rest. */
export type Evidence = {
  readonly operations: readonly Operation[];
  readonly bookings: BookingsDump;
  readonly sessions: SessionsDump;
  readonly wire: readonly Copy[];
  readonly queues: readonly QueueDepth[];
  /** Message ids that the test poisoned, with the reason of their dead letters. */
  readonly poisoned: ReadonlyMap<string, readonly string[]>;
  /** Ids of valid messages that the test published, and of their bookings. */
  readonly ownMessages: ReadonlySet<string>;
  readonly ownBookings: ReadonlySet<string>;
  /** The subscriber's binding was missing for a while: it cannot have seen what was published then. */
  readonly wireHasGaps: boolean;
  /** Whether bookings must know the state of each session. */
  readonly statesMustAgree?: boolean;
  readonly restored?: Restored | undefined;
  readonly timing: Timing;
  /** When the tables were read, in milliseconds of the database's clock. */
  readonly now: number;
  /** Secrets found in logs, and stack traces found in responses. */
  readonly leaks: readonly string[];
};

export type Violation = {
  /** Or a promise that only this fault checks; or the model cannot do what a relay did. */
  readonly invariant: `I${number}` | 'promise' | 'model';
  readonly says: string;
  /** The smallest example. */
  readonly witness: unknown;
};
export type Invariant = (evidence: Evidence) => Violation[];
