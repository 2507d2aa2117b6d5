import { randomUUID } from 'node:crypto';
import { openBookings, type Bookings } from '@mentor-sessions/bookings/database/database';
import {
  acceptBooking,
  cancelBooking,
  createBooking,
  declineBooking,
} from '@mentor-sessions/bookings/use-cases/bookings';
import { defaultBounds } from '@mentor-sessions/bookings/domain/booking';
import type { Database } from '@mentor-sessions/service-kit/database';
import type { Scenario } from '../explore.ts';
import type { Act } from '../interleave.ts';
import { withoutAnnouncements } from './without-announcements.ts';

type Action = 'accept' | 'decline' | 'cancel';
export type Decision = { readonly action: Action; readonly booking?: number; readonly ifMatch?: number };

const asBookings = (database: Database): Bookings => openBookings(withoutAnnouncements(database));

const HOUR_MS = 3_600_000;
const tomorrow = new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 24 * HOUR_MS);
const hoursLater = (hours: number): Date => new Date(tomorrow.getTime() + hours * HOUR_MS);

const peopleOfOneRace = () => {
  const ids = { mentor: randomUUID(), mentee: randomUUID(), profile: randomUUID() };
  const mentor = { userId: ids.mentor, roles: ['mentor'], mentorProfileId: ids.profile };
  const mentee = { userId: ids.mentee, roles: ['mentee'], mentorProfileId: null };
  return { ids, mentor, mentee };
};

type How = { readonly starts?: readonly number[]; readonly wholeWrites?: boolean };

/**
 * Decisions on drafts of one mentor, at once. The drafts last two hours and start at the given hours; a decision is made
 * on the first of them if it does not name another.
 */
export const decisions =
  (decided: Readonly<Record<string, Decision>>, { starts = [0], wholeWrites = false }: How = {}): Scenario =>
  async (database) => {
    const { ids, mentor, mentee } = peopleOfOneRace();
    const db = asBookings(database);
    const bookings = starts.map(() => randomUUID());
    for (const [n, id] of bookings.entries()) {
      const [startTime, endTime] = [hoursLater(starts[n] ?? 0), hoursLater((starts[n] ?? 0) + 2)];
      const terms = { listingId: randomUUID(), mentorProfileId: ids.profile, notes: null, metadata: {} };
      const asked = { id, messageId: randomUUID(), actor: mentee, bounds: defaultBounds };
      await createBooking(db, { ...asked, terms: { ...terms, startTime, endTime } });
    }
    const minted: Record<string, string> = {};
    const acts: Record<string, Act> = {};
    for (const [name, { action, booking = 0, ifMatch }] of Object.entries(decided)) {
      const [sessionId, messageId] = [randomUUID(), randomUUID()];
      Object.assign(minted, { [`session of ${name}`]: sessionId, [`message of ${name}`]: messageId });
      const matches = (version: number) => ifMatch === undefined || version === ifMatch;
      const given = { id: bookings[booking] ?? '', ifMatch: matches, sessionId, messageId };
      const decide = useCases[action];
      const actor = action === 'cancel' ? mentee : mentor;
      acts[name] = async (turnstile) => (await decide(asBookings(turnstile.database), { ...given, actor })).row;
    }
    const names = { ...ids, ...minted, ...Object.fromEntries(bookings.map((id, n) => [`booking ${n}`, id])) };
    return { acts, names, wholeWrites, rows: () => database.query(rowsOfBookings, [bookings]) };
  };

const useCases = { accept: acceptBooking, decline: declineBooking, cancel: cancelBooking };

/** What happened to each booking, and whether its event agrees with the row. */
const rowsOfBookings = {
  name: 'rows-of-bookings',
  text: `select to_jsonb(b) as booking,
      (select jsonb_agg(to_jsonb(t) order by from_status nulls first, to_status)
        from booking_transitions t where t.booking_id = b.id) as audit,
      (select jsonb_agg(to_jsonb(o) - 'position' - 'lane' order by position) from outbox o where o.aggregate_id = b.id) as outbox,
      (select bool_and((envelope->'data'->>'acceptedAt')::timestamptz = b.decided_at)
        from outbox o where o.aggregate_id = b.id) as told_as_decided
    from unnest($1::uuid[]) with ordinality as asked (id, n) join bookings b using (id) order by n`,
};
