/** Rows that the tests of the guards start from, written as the application writes them, in plain SQL. */
export const id = (n: number): string => `01980000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const quoted = (n: number): string => `'${id(n)}'`;

export const [draft, accepted, declined, cancelled] = [quoted(1), quoted(2), quoted(3), quoted(4)];
export const [mentee, profile, fresh] = [quoted(11), quoted(12), quoted(99)];
export const [followed, session, itsSession] = [quoted(5), quoted(20), quoted(22)];
const [mentor, listing, message] = [quoted(10), quoted(13), quoted(21)];

const recently = `date_trunc('milliseconds', now())`;
const tomorrow = `date_trunc('day', now()) + interval '1 day'`;

type Terms = { readonly hour?: number; readonly values?: string };

export const birth = (booking: string, { hour = 9, values = `null, '{}'` }: Terms = {}): string => `
  insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
  values (${booking}, ${listing}, ${profile}, ${mentee},
    ${tomorrow} + ${hour} * interval '1 hour', ${tomorrow} + ${hour + 1} * interval '1 hour', ${values})`;

/** `what` comes last, so that a test can add to it; the same column twice is not SQL. */
const decide = (booking: string, what: string, at = recently): string => `
  update bookings set version = version + 1, decided_at = ${at}, updated_at = ${at}, ${what} where id = ${booking}`;

export const accept = (booking: string, { by = mentor, as = session, event = message, at = recently } = {}): string =>
  decide(booking, `status = 'accepted', decided_by = ${by}, session_id = ${as}, accepted_message_id = ${event}`, at);
export const decline = (booking: string, { by = mentor, at = recently } = {}): string =>
  decide(booking, `status = 'declined', decided_by = ${by}`, at);
export const cancel = (booking: string, { by = mentee, at = recently } = {}): string =>
  decide(booking, `status = 'cancelled', decided_by = ${by}`, at);

export const told = (booking: string, values: string): string =>
  `insert into booking_sessions (booking_id, session_id, status, sequence, at) values (${booking}, ${values})`;

export const legalWrites = [
  { sentence: 'a booking is created a draft', sql: birth(draft, { values: `'what to bring', '{"a": "b"}'` }) },
  { sentence: 'another draft of the same people at the same time', sql: birth(accepted) },
  { sentence: 'a third, at another hour', sql: birth(declined, { hour: 12 }) },
  { sentence: 'a fourth, at yet another', sql: birth(cancelled, { hour: 14 }) },
  { sentence: 'the mentor accepts one', sql: accept(accepted) },
  { sentence: 'the mentor declines one', sql: decline(declined) },
  { sentence: 'the mentee cancels one', sql: cancel(cancelled) },
  { sentence: 'a fifth', sql: birth(followed, { hour: 16 }) },
  { sentence: 'which is accepted', sql: accept(followed, { as: itsSession, event: quoted(23) }) },
  { sentence: 'its session is told of', sql: told(followed, `${itsSession}, 'scheduled', 1, now()`) },
  { sentence: 'its session is told of again', sql: `update booking_sessions set status = 'in_progress', sequence = 2` },
] as const;
