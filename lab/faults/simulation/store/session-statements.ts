import type { BookingAccepted } from '@mentor-sessions/contracts';
import { serverError } from './errors.ts';
import { insertOutboxRow, type Execute } from './outbox-statements.ts';
import type { SessionRow, Store } from './store.ts';
import { seenBy } from './table.ts';
import type { Steps, Tx } from './transaction.ts';

type Scheduled = BookingAccepted & { readonly message_id: string; readonly content_hash: string };

const bookingKeys = (row: Scheduled): string[] => [
  `booking ${row.bookingId}`,
  `session ${row.sessionId}`,
  `message ${row.message_id}`,
];

const born = (row: Scheduled, at: Date): SessionRow => ({
  id: row.sessionId,
  bookingId: row.bookingId,
  listingId: row.listingId,
  mentorProfileId: row.mentorProfileId,
  menteeUserId: row.menteeUserId,
  startTime: new Date(row.start),
  endTime: new Date(row.end),
  status: 'scheduled',
  notes: row.notes,
  metadata: row.metadata,
  startedAt: null,
  startedBy: null,
  completedAt: null,
  completedBy: null,
  version: 1,
  createdAt: at,
  updatedAt: at,
});

function* audit(
  store: Store,
  tx: Tx,
  [session_id, from_status, to_status, actor_user_id]: [string, string | null, string, string],
): Steps<void> {
  const inserted = yield* store.transitions.insert(tx, [`${session_id} ${to_status}`], {
    session_id,
    from_status,
    to_status,
    actor_user_id,
  });
  if (!inserted) throw serverError('23505', 'duplicate transition', { constraint: 'session_reaches_a_status_once' });
}

function* schedule(store: Store, tx: Tx, [json]: readonly unknown[]): Steps<object[]> {
  const answer: object[] = [];
  const created_at = new Date(tx.startedAt);
  const rows = (JSON.parse(json as string) as Scheduled[]).sort((a, b) => (a.bookingId < b.bookingId ? -1 : 1));
  for (const row of rows) {
    const content_hash = Buffer.from(row.content_hash, 'hex');
    const accepted = {
      booking_id: row.bookingId,
      session_id: row.sessionId,
      message_id: row.message_id,
      content_hash,
      accepted_by: row.acceptedBy,
    };
    if (!(yield* store.acceptedBookings.insert(tx, bookingKeys(row), accepted))) continue;
    yield* store.sessions.insert(tx, [row.sessionId], born(row, created_at));
    yield* audit(store, tx, [row.sessionId, null, 'scheduled', row.acceptedBy]);
    answer.push({ message_id: row.message_id, created_at });
  }
  return answer;
}

// eslint-disable-next-line require-yield -- reading never waits
function* known(store: Store, tx: Tx, [bookings, sessions, messages]: readonly unknown[]): Steps<object[]> {
  const keys = [
    ['booking', bookings],
    ['session', sessions],
    ['message', messages],
  ] as [string, string[]][];
  const rows = keys.flatMap(([kind, ids]) => ids.flatMap((id) => store.acceptedBookings.get(`${kind} ${id}`) ?? []));
  return [...new Set(rows)].flatMap((row) => seenBy(tx, row) ?? []);
}

// eslint-disable-next-line require-yield -- reading never waits
function* read(store: Store, tx: Tx, [id]: readonly unknown[]): Steps<object[]> {
  const row = store.sessions.get(String(id));
  const session = row && seenBy(tx, row);
  const bookingRow = session && store.acceptedBookings.get(`booking ${session.bookingId}`);
  const booking = bookingRow && seenBy(tx, bookingRow);
  return session && booking ? [{ ...session, mentorUserId: booking.accepted_by, now: store.time() }] : [];
}

const legal: Readonly<Record<string, string>> = { in_progress: 'scheduled', completed: 'in_progress' };

function* transition(store: Store, tx: Tx, values: readonly unknown[]): Steps<object[]> {
  const [status, version, startedAt, startedBy, completedAt, completedBy, updatedAt, id, ...event] = values as [
    string,
    number,
    Date,
    string,
    Date | null,
    string | null,
    Date,
    string,
    ...unknown[],
  ];
  const row = store.sessions.get(id);
  const old = row && (yield* store.sessions.lock(tx, row));
  if (!old || old.version !== version - 1) return [];
  if (legal[status] !== old.status)
    throw serverError('23514', 'illegal transition', { constraint: 'session_follows_its_lifecycle' });
  const moved = { ...old, status, version, startedAt, startedBy, completedAt, completedBy, updatedAt };
  store.sessions.change(tx, row, moved);
  yield* audit(store, tx, [id, old.status, status, completedBy ?? startedBy]);
  yield* insertOutboxRow(store, tx, event);
  return [{ written: true }];
}

export const sessionStatements: Readonly<Record<string, Execute>> = {
  'sessions-schedule': schedule,
  'accepted-bookings-known': known,
  'session-read': read,
  'session-start': transition,
  'session-complete': transition,
};
