import type { BookingAccepted } from '@mentor-sessions/contracts';
import { createOutbox } from '@mentor-sessions/messaging';
import type { Database } from '@mentor-sessions/service-kit/database';
import { createStatements, type Mode } from '@mentor-sessions/service-kit/repository';
import { sessions } from '@mentor-sessions/sessions/database/entity';
import { serverError } from './errors.ts';
import { insertOutboxRow, type Execute } from './outbox-statements.ts';
import type { SessionRow, Store } from './store.ts';
import { seenBy } from './table.ts';
import type { Steps, Tx } from './transaction.ts';

const statements = createStatements({ table: sessions, guards: {}, outbox: createOutbox({} as Database) });

type Scheduled = BookingAccepted & { readonly messageId: string; readonly contentHash: string };

const bookingKeys = (row: Scheduled): string[] => [
  `booking ${row.bookingId}`,
  `session ${row.sessionId}`,
  `message ${row.messageId}`,
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
    const content_hash = Buffer.from(row.contentHash, 'hex');
    const accepted = {
      booking_id: row.bookingId,
      session_id: row.sessionId,
      message_id: row.messageId,
      content_hash,
      accepted_at: new Date(row.acceptedAt),
      accepted_by: row.acceptedBy,
    };
    if (!(yield* store.acceptedBookings.insert(tx, bookingKeys(row), accepted))) continue;
    yield* store.sessions.insert(tx, [row.sessionId], born(row, created_at));
    yield* audit(store, tx, [row.sessionId, null, 'scheduled', row.acceptedBy]);
    answer.push({ message_id: row.messageId, created_at });
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
function* read(store: Store, tx: Tx, [ids]: readonly unknown[]): Steps<object[]> {
  return (ids as string[]).map((id, n) => {
    const row = store.sessions.get(id);
    const session = row && seenBy(tx, row);
    const bookingRow = session && store.acceptedBookings.get(`booking ${session.bookingId}`);
    const booking = bookingRow && seenBy(tx, bookingRow);
    const found =
      session && booking
        ? { ...session, mentorUserId: booking.accepted_by, acceptedAt: booking.accepted_at }
        : { id: null };
    return { n: n + 1, ...found, now: store.time(), keptHash: null, isFree: true };
  });
}

const legal: Readonly<Record<string, string>> = { in_progress: 'scheduled', completed: 'in_progress' };

type Moved = Pick<
  SessionRow,
  'id' | 'status' | 'version' | 'startedAt' | 'startedBy' | 'completedAt' | 'completedBy' | 'updatedAt'
>;

/** The rows that the statement may change: not those that another transaction is changing, unless it waits for them. */
function* lockAsRead(store: Store, tx: Tx, moves: readonly Moved[], waits: boolean): Steps<Map<Moved, SessionRow>> {
  const locked = new Map<Moved, SessionRow>();
  for (const move of moves) {
    const row = store.sessions.get(move.id);
    if (!row || (!waits && row.changedBy && row.changedBy !== tx)) continue;
    const old = yield* store.sessions.lock(tx, row);
    if (old?.version === move.version - 1) locked.set(move, old);
  }
  return locked;
}

const update = (mode: Mode): Execute =>
  function* (store, tx, values) {
    const given = new Map(statements.update[mode].parameters?.map((name, at) => [name, values[at] as unknown[]]));
    const columns = ['id', 'status', 'version', 'startedAt', 'startedBy', 'completedAt', 'completedBy', 'updatedAt'];
    const moves = (given.get('id') ?? []).map(
      (_, at) => Object.fromEntries(columns.map((name) => [name, given.get(name)?.[at]])) as Moved,
    );
    const locked = yield* lockAsRead(store, tx, moves, mode === 'alone');
    for (const [move, old] of locked) {
      if (legal[move.status] !== old.status)
        throw serverError('23514', 'illegal transition', { constraint: 'session_follows_its_lifecycle' });
      const row = store.sessions.get(move.id);
      if (row) store.sessions.change(tx, row, { ...old, ...move });
      yield* audit(store, tx, [move.id, old.status, move.status, String(move.completedBy ?? move.startedBy)]);
    }
    const event = (name: string, at: number): unknown => given.get(name)?.[at];
    const envelopes = JSON.parse(String(given.get('events'))) as unknown[];
    for (const [at, n] of (given.get('eventOf') ?? []).entries()) {
      if (!locked.has(moves[Number(n) - 1] as Moved)) continue;
      const names = ['eventId', 'eventSubject', 'eventSequence', 'eventType', 'eventLane'];
      const row = [...names.map((name) => event(name, at)), JSON.stringify(envelopes[at])];
      yield* insertOutboxRow(store, tx, row);
    }
    return moves.flatMap((move, at) => (locked.has(move) ? [{ n: at + 1, outcome: 'written' }] : []));
  };

export const sessionStatements: Readonly<Record<string, Execute>> = {
  'sessions-schedule': schedule,
  'accepted-bookings-known': known,
  'session-read': read,
  [statements.update.batch.name]: update('batch'),
  [statements.update.alone.name]: update('alone'),
};
