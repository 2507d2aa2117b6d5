import type { Random } from '../../random.ts';
import type { Scheduler } from '../clock/scheduler.ts';
import { createTable } from './table.ts';
import type { Tx } from './transaction.ts';

export type OutboxRow = {
  readonly position: number;
  readonly message_id: string;
  readonly aggregate_id: string;
  readonly sequence: number;
  readonly type: string;
  readonly lane: number;
  readonly envelope: string;
  readonly attempts: number;
  readonly parked: boolean;
  /** When a parked row is retried; null: not automatically. */
  readonly retryAt: number | null;
};
export type InboxRow = { readonly message_id: string; readonly content_hash: Buffer };
export type DeadLetterRow = {
  readonly id: string;
  readonly message_id: string | null;
  readonly reason: string;
  readonly body: Buffer;
  readonly fingerprint: string;
  readonly attempts: number;
  readonly times_seen: number;
  readonly last_error: string;
  readonly tried_at: Date | null;
  readonly resolution: string | null;
};
export type AcceptedBookingRow = {
  readonly booking_id: string;
  readonly session_id: string;
  readonly message_id: string;
  readonly content_hash: Buffer;
  readonly accepted_at: Date;
  readonly accepted_by: string;
};
/** Named as in the statement that reads them. */
export type SessionRow = {
  readonly id: string;
  readonly bookingId: string;
  readonly status: string;
  readonly version: number;
  readonly startTime: Date;
  readonly endTime: Date;
  readonly startedAt: Date | null;
  readonly startedBy: string | null;
  readonly completedAt: Date | null;
  readonly completedBy: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly mentorProfileId: string;
  readonly menteeUserId: string;
  readonly [column: string]: unknown;
};
export type TransitionRow = {
  readonly session_id: string;
  readonly from_status: string | null;
  readonly to_status: string;
  readonly actor_user_id: string;
};

export type Answer = { readonly command: string; readonly rows: object[] } | Error;
export type Query = { readonly name: string; readonly text: string; readonly values: readonly unknown[] };

/** The server's side of one connection. */
export type Backend = {
  readonly processId: number;
  isAlive(): boolean;
  execute(query: Query, answer: (answer: Answer) => void): void;
  /** The connection is lost or was terminated: what was not committed is rolled back. */
  end(): void;
  /** Time idle in transaction. */
  idleInTransaction(): number;
};

/** The fault of a statement, if any; called for each. */
export type StatementFate = 'fine' | 'deadlock' | 'timeout' | 'terminated' | 'done, answer lost' | 'disk full';

export type StoreOptions = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly fateOf?: (name: string) => StatementFate;
  /** The delivery of a notification to each listener. */
  readonly isHeard?: () => boolean;
};

const EPOCH = Date.UTC(2026, 0, 1);

/** A database with those tables that relay, consumer and transitions use. */
export const createStore = (options: StoreOptions) => {
  let position = 0;
  return {
    ...options,
    outbox: createTable<OutboxRow>(),
    published: createTable<OutboxRow>(),
    inbox: createTable<InboxRow>(),
    deadLetters: createTable<DeadLetterRow>(),
    acceptedBookings: createTable<AcceptedBookingRow>(),
    sessions: createTable<SessionRow>(),
    transitions: createTable<TransitionRow>(),
    /** Handled messages in the order of the commits, once for each time. */
    effects: [] as string[],
    /** Every row ever committed to the outbox. */
    everEnqueued: new Map<string, OutboxRow>(),
    laneLocks: new Map<number, Tx>(),
    /** Open transactions that have inserted into the outbox. */
    outboxWriters: new Set<Tx>(),
    backends: new Set<Backend>(),
    listeners: new Set<() => void>(),
    isDown: false,
    nextPosition: () => (position += 1),
    lastPosition: () => position,
    time: () => new Date(EPOCH + Math.floor(options.scheduler.now())),
  };
};

export type Store = ReturnType<typeof createStore>;
