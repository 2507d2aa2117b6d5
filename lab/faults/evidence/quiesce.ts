import type { Rows } from '@mentor-sessions/lab/rows';
import type { BookingsDump, Dump, SessionsDump, Evidence } from './evidence.ts';
import { readFile } from 'node:fs/promises';
import { services, type Role } from '../world/roles.ts';
import { until } from '../list/steps.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { queueDepths, readSpy } from './spy.ts';

const outbox = 'select message_id, aggregate_id, sequence, type from outbox order by position';
const published = 'select message_id, aggregate_id, sequence, type from outbox_published order by position';
const deadLetters = 'select message_id, reason, times_seen, resolution, last_error from dead_letters order by id';

const ms = (time: string): string => `floor(extract(epoch from ${time}) * 1000)::float8`;
const timerEvents = `select message_id, aggregate_id, type, offset_seconds, ${ms('due_at')} as due_at,
  ${ms('written_at')} as written_at from timer_events`;

const dump = async (rows: Rows, handled: string): Promise<Dump> => ({
  outbox: await rows.query(outbox),
  published: await rows.query(published),
  deadLetters: await rows.query(deadLetters),
  inbox: (await rows.query<{ message_id: string }>(handled)).map(({ message_id }) => message_id),
  timerEvents: await rows.query(timerEvents),
});

const common = `id, listing_id, mentor_profile_id, mentee_user_id, start_time::text, end_time::text, status,
  left(notes, 1000) as notes, case when octet_length(metadata::text) < 4000 then metadata::text else '{}' end as metadata, version`;
const lifecycle = `array_position(array['draft', 'accepted', 'declined', 'cancelled', 'scheduled', 'in_progress', 'completed'], to_status)`;
const audit = (table: string, key: string) =>
  `select ${key} as id, from_status, to_status, actor_user_id, ${ms('at')} as at from ${table} order by at, ${lifecycle}`;

const dumpBookings = async (rows: Rows): Promise<BookingsDump> => ({
  ...(await dump(rows, 'select message_id from inbox')),
  bookings: await rows.query(`select ${common}, session_id, accepted_message_id from bookings`),
  audit: await rows.query(audit('booking_transitions', 'booking_id')),
  known: await rows.query('select booking_id, status, sequence from booking_sessions'),
});

/** A message had its effect if it is in the inbox or in accepted_bookings: only the inbox forgets. */
const dumpSessions = async (rows: Rows): Promise<SessionsDump> => ({
  ...(await dump(rows, 'select message_id from inbox union select message_id from accepted_bookings')),
  sessions: await rows.query(`select ${common}, booking_id, started_by, completed_by, ${ms('started_at')} as started_at,
      (select ${ms('min(accepted_at)')} from accepted_bookings a where a.booking_id = s.booking_id) as accepted_at from sessions s`),
  audit: await rows.query(audit('session_transitions', 'session_id')),
});

const token = /eyJ[\w-]{10,}\.[\w-]{10,}/;

/** Log lines that contain a token or the text of a note. */
const leaksInLogs = async (roles: readonly Role[], canary: string): Promise<string[]> => {
  const lines = await Promise.all(
    roles.map(async ({ name, logFile }) => {
      const text = await readFile(logFile, 'utf8').catch(() => '');
      return text
        .split('\n')
        .filter((line) => line.includes(canary) || token.test(line))
        .map((line) => `${name}: ${line.slice(0, 400)}`);
    }),
  );
  return lines.flat().slice(0, 20);
};

const counted = async (world: FaultWorld): Promise<boolean> => {
  const ids = async (service: 'bookings' | 'sessions', sql: string) =>
    (await world.rows[service].query<{ id: string }>(sql)).map(({ id }) => id);
  const waiting = [
    ...(await ids('bookings', 'select message_id as id from outbox')),
    ...(await ids('sessions', 'select message_id as id from outbox')),
  ];
  if (waiting.length > 0) return false;
  for (const service of services)
    if ((await world.rows[service].query('select from timers where due_at <= now() limit 1')).length > 0) return false;
  const settled = new Set([
    ...(await ids('sessions', 'select message_id::text as id from inbox union select message_id from dead_letters')),
    ...(await ids('bookings', 'select message_id as id from dead_letters')),
  ]);
  const accepted = `select message_id as id from outbox_published where type = 'booking.accepted'`;
  const published = await ids('bookings', accepted);
  const wanted = [...published, ...world.doings.ownMessages, ...world.doings.poisoned.keys()];
  if (wanted.some((id) => !settled.has(id))) return false;
  return (await queueDepths(world.stack.amqpUrl)).every(({ messages }) => messages === 0);
};

/** The depth of a queue does not include messages that a consumer holds for a retry: reads the workers' heartbeats since `at`. */
const nothingIsHeld = async (world: FaultWorld, at: string): Promise<boolean> => {
  const held = `select id from workers where 'consumer' = any(roles) and stopped_at is null
    and seen_at > clock_timestamp() - interval '8 s' and (seen_at < '${at}' or in_flight > 0)`;
  const rows = await Promise.all([world.rows.bookings.query(held), world.rows.sessions.query(held)]);
  return rows.flat().length === 0;
};

/** Resolves at rest, or after `within` ms; then the evidence shows what has not finished. */
export const quiesce = async (world: FaultWorld, within: number): Promise<boolean> => {
  const isCounted = () => counted(world).catch(() => false);
  if (!(await until(isCounted, within))) return false;
  const [now] = await world.rows.bookings.query<{ at: string }>('select clock_timestamp()::text as at');
  await until(() => nothingIsHeld(world, now?.at ?? 'infinity').catch(() => false), within);
  return until(isCounted, within);
};

/** Stops the roles, so that messages of consumers return to their queues, and reads all evidence. */
export const collect = async (world: FaultWorld): Promise<Evidence> => {
  const [time] = await world.rows.sessions.query<{ now: number }>(`select ${ms('now()')} as now`);
  await Promise.all(world.allRoles().map((role) => role.stop()));
  return {
    now: time?.now ?? NaN,
    timing: world.timing,
    operations: world.history.operations,
    bookings: await dumpBookings(world.rows.bookings),
    sessions: await dumpSessions(world.rows.sessions),
    wire: await readSpy(world.stack.amqpUrl),
    queues: await queueDepths(world.stack.amqpUrl),
    ...world.doings,
    leaks: [...world.leaks, ...(await leaksInLogs(world.allRoles(), world.canary))],
  };
};
