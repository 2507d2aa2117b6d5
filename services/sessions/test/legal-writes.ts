/** Rows that the tests of the guards start from, written as the application writes them, in plain SQL. */
export const id = (n: number): string => `01980000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const quoted = (n: number): string => `'${id(n)}'`;

export const [scheduled, running, completed] = [1, 2, 3].map(quoted) as [string, string, string];
export const [mentor, mentee, profile, fresh] = [quoted(10), quoted(11), quoted(12), quoted(99)];
const listing = quoted(13);

/** The n-th booking has the n-th session; 4 is accepted and has none yet. */
export const booking = (n: number): string => quoted(100 + n);
export const message = (n: number): string => quoted(200 + n);
export const session = (n: number): string => quoted(n);

const recently = `date_trunc('milliseconds', now())`;
const start = (n: number): string => `timestamptz '2030-01-01 10:00Z' + ${n} * interval '1 day'`;
const end = (n: number): string => `timestamptz '2030-01-01 11:00Z' + ${n} * interval '1 day'`;

const acceptedBooking = {
  booking_id: booking,
  session_id: session,
  message_id: message,
  content_hash: () => `sha256('what the event said')`,
  listing_id: () => listing,
  mentor_profile_id: () => profile,
  mentee_user_id: () => mentee,
  start_time: start,
  end_time: end,
  accepted_at: () => recently,
  accepted_by: () => mentor,
};

const scheduledSession = {
  id: session,
  booking_id: booking,
  listing_id: () => listing,
  mentor_profile_id: () => profile,
  mentee_user_id: () => mentee,
  start_time: start,
  end_time: end,
  notes: () => `'what to bring'`,
  metadata: () => `'{"a": "b"}'`,
};

type Columns = Readonly<Record<string, string>>;

const insert = (table: string, row: Record<string, (n: number) => string>, n: number, changes: Columns): string => {
  const values = Object.fromEntries(Object.entries(row).map(([column, value]) => [column, value(n)]));
  const all = { ...values, ...changes };
  return `insert into ${table} (${Object.keys(all).join(', ')}) values (${Object.values(all).join(', ')})`;
};

/** The service's copy of the n-th booking, and its session: each column may be had otherwise. */
export const acceptance = (n: number, changes: Columns = {}): string =>
  insert('accepted_bookings', acceptedBooking, n, changes);
export const birth = (n: number, changes: Columns = {}): string => insert('sessions', scheduledSession, n, changes);

const move = (which: string, verb: string, { by = mentor, at = recently, status = '' }): string => `
  update sessions set version = version + 1, ${verb}_at = ${at}, ${verb}_by = ${by}, updated_at = ${at}, status = '${status}'
  where id = ${which}`;

export const begin = (which: string, how: { by?: string; at?: string; status?: string } = {}): string =>
  move(which, 'started', { by: mentee, status: 'in_progress', ...how });
export const complete = (which: string, how: { by?: string; at?: string; status?: string } = {}): string =>
  move(which, 'completed', { status: 'completed', ...how });

export const legalWrites = [
  {
    sentence: 'booking and session are written by one statement',
    sql: `with accepted as (${acceptance(1)} returning 1) ${birth(1)}`,
  },
  { sentence: 'two bookings are accepted', sql: `${acceptance(2)}; ${acceptance(3)}` },
  { sentence: 'two sessions are created', sql: `${birth(2)}; ${birth(3)}` },
  { sentence: 'a booking waits for its session', sql: acceptance(4) },
  { sentence: 'the mentee starts a session', sql: begin(running) },
  { sentence: 'the mentor starts a session', sql: begin(completed, { by: mentor }) },
  { sentence: 'the mentor completes it', sql: complete(completed) },
] as const;
