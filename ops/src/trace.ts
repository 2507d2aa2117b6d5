import { Command } from 'commander';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { answering, uuid, type Cli } from './command.ts';
import { readBoth, type Databases, type Service } from './connections.ts';
import { UsageError } from './errors.ts';
import { table, time } from './table.ts';

/** One step in the history of a booking and its session. */
type Step = {
  readonly at: Date;
  readonly service: Service;
  /** Such as `transition`, `event published` or `message handled`. */
  readonly what: string;
  /** For people, such as `draft → accepted`, `booking.accepted`, or a reason. */
  readonly detail: string;
  /** A user's id, or an operator's name. */
  readonly actor: string | null;
  readonly messageId: string | null;
};

/** `sessionId` is null until the booking is accepted. */
type Ids = { readonly bookingId: string; readonly sessionId: string | null };

const inBookings = `select id as "bookingId", session_id as "sessionId" from bookings
  where id = $1 or session_id = $1 or accepted_message_id = $1`;
const inSessions = `select booking_id as "bookingId", session_id as "sessionId" from accepted_bookings
  where booking_id = $1 or session_id = $1 or message_id = $1`;

/**
 * The steps of a booking, a session or the message of an acceptance, by time; undefined if neither database has the id. The
 * databases' clocks differ, so steps within milliseconds of each other may be out of order.
 */
export const readTrace = async (databases: Databases, id: string) => {
  const { bookings, sessions } = databases;
  const [ids] = [...(await bookings.query<Ids>(inBookings, [id])), ...(await sessions.query<Ids>(inSessions, [id]))];
  if (!ids) return undefined;
  const { bookingId, sessionId } = ids;
  const aggregates = [bookingId, ...(sessionId ? [sessionId] : [])];
  const written = await readBoth<{ service: Service; id: string }>(databases, messages, [aggregates]);
  const messageIds = written.map(({ id }) => id);
  const stepsIn = (sql: string, values: readonly unknown[], only?: Service): Promise<Step[]> =>
    readBoth(databases, sql, values, only);
  const steps = await Promise.all([
    stepsIn(events, [aggregates]),
    stepsIn(handled, [messageIds]),
    stepsIn(deadLetters, [messageIds, aggregates]),
    stepsIn(bookingTransitions, [bookingId], 'bookings'),
    stepsIn(reminders, [bookingId], 'bookings'),
    stepsIn(sessionTransitions, [sessionId], 'sessions'),
  ]);
  const inOrder = steps.flat().toSorted((a, b) => a.at.getTime() - b.at.getTime() || rank(a) - rank(b));
  return { bookingId, sessionId, ...(await readStatuses(databases, bookingId)), steps: inOrder };
};

type Trace = NonNullable<Awaited<ReturnType<typeof readTrace>>>;

const messages = `select message_id as id from outbox where aggregate_id = any($1::uuid[])
  union select message_id from outbox_published where aggregate_id = any($1::uuid[])`;

const transitions = (table: string, id: string): string => `
  select at, 'transition' as what, coalesce(from_status || ' → ', '') || to_status as detail,
    actor_user_id::text as actor, null as "messageId" from ${table} where ${id} = $1`;
const bookingTransitions = transitions('booking_transitions', 'booking_id');
const sessionTransitions = transitions('session_transitions', 'session_id');

const events = `
  select created_at as at, 'event written' as what, type as detail, null as actor, message_id::text as "messageId"
    from (select created_at, type, message_id, aggregate_id from outbox
      union select created_at, type, message_id, aggregate_id from outbox_published) written where aggregate_id = any($1::uuid[])
  union all select parked_at, 'event parked', type || ': ' || coalesce(last_error, ''), null, message_id::text
    from outbox where aggregate_id = any($1::uuid[]) and parked_at is not null
  union all select published_at, 'event published', type, null, message_id::text
    from outbox_published where aggregate_id = any($1::uuid[])`;

const handled = `select handled_at as at, 'message handled' as what, queue as detail, null as actor, message_id::text as "messageId"
  from inbox where message_id = any($1::uuid[])`;

/** Of these messages, and of others that contain the id of the booking or the session; the oldest 100. */
const deadLetters = `
  with found as (
    select id, message_id, reason, queue, first_seen_at, resolved_at, resolution, resolution_note, resolved_by
    from dead_letters where message_id = any($1::text[]) or id in (select dead_letters_naming($2::uuid[]))
    order by first_seen_at limit 100)
  select first_seen_at as at, 'dead letter' as what, reason || ' in ' || queue || ', ' || id as detail, null as actor,
    message_id as "messageId" from found
  union all select resolved_at, 'dead letter resolved', resolution || coalesce(': ' || resolution_note, ''), resolved_by, message_id
    from found where resolved_at is not null
  union all select requested_at, 'replay asked for', replays.reason, requested_by, message_id
    from replays join found on found.id = dead_letter_id
  union all select finished_at, 'replayed', outcome || coalesce(': ' || detail, ''), requested_by, message_id
    from replays join found on found.id = dead_letter_id where finished_at is not null`;

const reminders = `
  select tried_at as at, 'sent again' as what, 'booking.accepted, attempt ' || attempts as detail, null as actor, null as "messageId"
    from awaited_sessions where booking_id = $1 and tried_at is not null
  union all select given_up_at, 'given up', 'no session is known', null, null
    from awaited_sessions where booking_id = $1 and given_up_at is not null`;

/** Of steps with the same time, the cause comes before its effect. */
const causes = ['message handled', 'transition', 'event written', 'event published'];
const rank = ({ what }: Step): number => (causes.includes(what) ? causes.indexOf(what) : causes.length);

/** As stored in each database; null: not there. */
const readStatuses = async ({ bookings, sessions }: Databases, bookingId: string) => {
  const statusIn = async (db: Queryable, sql: string): Promise<string | null> =>
    (await db.query<{ status: string }>(sql, [bookingId]))[0]?.status ?? null;
  return {
    bookingStatus: await statusIn(bookings, 'select status from bookings where id = $1'),
    sessionStatus: await statusIn(sessions, 'select status from sessions where booking_id = $1'),
    /** As last received by bookings. */
    knownSessionStatus: await statusIn(bookings, 'select status from booking_sessions where booking_id = $1'),
  };
};

export const traceCommand = (cli: Cli): Command =>
  new Command('trace')
    .description('the history of a booking and its session in both services')
    .argument('<id>', 'of the booking, the session, or the message booking.accepted', uuid)
    .action(
      answering(cli, async ({ databases }, id: string) => {
        const trace = await readTrace(databases, id);
        if (!trace) throw new UsageError(`No booking or session has the id ${id}.`);
        return { data: trace, text: timeline(trace) };
      }),
    );

const timeline = ({ bookingId, sessionId, steps, ...statuses }: Trace): string =>
  [
    `booking ${bookingId}: ${statuses.bookingStatus ?? 'not found'}`,
    `session ${sessionId ?? 'none'}: ${statuses.sessionStatus ?? 'not found'}; as last received by bookings: ${statuses.knownSessionStatus ?? 'nothing'}`,
    '',
    table(
      steps.map(({ at, service, what, detail, actor, messageId }) => {
        return { time: time(at), service, what, detail, actor, message: messageId };
      }),
    ),
  ].join('\n');
