import {
  acceptance,
  begin,
  birth,
  booking,
  complete,
  completed,
  fresh,
  mentee,
  mentor,
  message,
  running,
  scheduled,
  session,
} from './legal-writes.ts';

export type IllegalWrite = { readonly sentence: string; readonly sql: string; readonly answer: string };

const by = (answer: string, writes: Record<string, string>): IllegalWrite[] =>
  Object.entries(writes).map(([sentence, sql]) => ({ sentence, sql, answer }));

const now = `date_trunc('milliseconds', now())`;
const change = (which: string, what: string): string => `update sessions set ${what} where id = ${which}`;
const oneMinuteOn = `${now} + interval '1 minute'`;

/** Refused by the grants before any rule is asked: the application has no such right at all. */
const withoutRight = by('42501', {
  'a session is created completed': birth(4, { status: `'completed'` }),
  'a session is created in progress': birth(4, { status: `'in_progress'`, started_at: now, started_by: mentee }),
  'a session is created with another version': birth(4, { version: '3' }),
  'a session is created yesterday': birth(4, { created_at: `now() - interval '1 day'` }),
  'a session gets another id': change(scheduled, `id = ${session(4)}`),
  'a session gets another booking': change(scheduled, `booking_id = ${booking(4)}`),
  'a session gets another mentor': change(scheduled, `mentor_profile_id = ${fresh}`),
  'a session gets another mentee': change(scheduled, `mentee_user_id = ${fresh}`),
  'a session gets another listing': change(scheduled, `listing_id = ${fresh}`),
  'a session is moved': change(scheduled, `start_time = start_time - interval '1 hour'`),
  'a running session is prolonged': change(running, `end_time = end_time + interval '1 hour'`),
  'notes are rewritten': change(scheduled, `notes = 'other'`),
  'metadata is rewritten': change(scheduled, `metadata = '{}'`),
  'the creation time is rewritten': change(scheduled, 'created_at = now()'),
  'a session is moved on the way of its start': begin(scheduled).replace('set', 'set start_time = start_time,'),
  'an upsert moves a session': `${birth(1)} on conflict (id) do update set end_time = excluded.end_time`,
  'an accepted booking is moved': `update accepted_bookings set end_time = end_time + interval '1 hour'`,
  'an accepted booking gets another session': `update accepted_bookings set session_id = ${fresh}`,
  'the content of an event is disowned': `update accepted_bookings set content_hash = sha256('')`,
  'an accepted booking is upserted': `${acceptance(4)} on conflict (booking_id) do update set message_id = ${fresh}`,
  'a session is deleted': `delete from sessions where id = ${scheduled}`,
  'a session that is not there is deleted': `delete from sessions where id = ${fresh}`,
  'all sessions are truncated': 'truncate sessions',
  'an accepted booking is deleted': `delete from accepted_bookings where booking_id = ${booking(4)}`,
  'the accepted bookings are truncated': 'truncate accepted_bookings cascade',
  'the audit is deleted': 'delete from session_transitions',
  'the audit is truncated': 'truncate session_transitions',
  'the audit is altered': `update session_transitions set actor_user_id = ${fresh}`,
  'an operator is imitated': `insert into operator_actions (operator, action, reason, subject) values ('o', 'a', 'r', '{}')`,
  'what an operator did is forgotten': 'delete from operator_actions',
  'a replay is asked for': `insert into replays (dead_letter_id, queue, requested_by, reason) values (${fresh}, 'q', 'me', 'r')`,
  'a replay is asked for as an operator does': `select dead_letters_replay('{}', 'me', 'r')`,
  'a worker resumes by itself': 'delete from paused_workers',
  'the audit is forged': `insert into session_transitions values (${scheduled}, 'scheduled', 'in_progress', ${mentee}, now())`,
  'the inbox is emptied': 'delete from inbox',
  'dead letters are deleted': 'delete from dead_letters',
  'what was published is deleted': 'delete from outbox_published',
  'the outbox is truncated': 'truncate outbox',
  'an event is rewritten': `update outbox set envelope = '{}'`,
  'an answer that was given is rewritten': `update idempotency_keys set answer = '{}'`,
  'what was answered is truncated': 'truncate idempotency_keys',
  'a migration is forgotten': 'delete from migrations',
});

const schemaChanges = by('42501', {
  'the triggers are disabled': 'alter table sessions disable trigger all',
  'a trigger is dropped': 'drop trigger session_moves on sessions',
  'a trigger of its own is made':
    'create trigger mine before insert on sessions for each row execute function session_moves()',
  'a guard is replaced': `create or replace function session_moves() returns trigger language sql as 'select 1'`,
  'a guard is dropped': 'drop function session_moves() cascade',
  'a guard is altered': 'alter function session_moves() security invoker',
  'the way in is opened': 'alter table sessions drop constraint session_is_as_its_booking',
  'a column is added': 'alter table sessions add column mine text',
  'a table is renamed': 'alter table sessions rename to old_sessions',
  'a table is dropped': 'drop table session_transitions',
  'a table is made': 'create table mine ()',
  'a temporary table is made': 'create temporary table accepted_bookings ()',
  'a schema is made': 'create schema mine',
  'an index is made': 'create index on sessions (notes)',
  'a function is made': `create function mine() returns integer language sql as 'select 1'`,
  'a right is taken': 'grant execute on function session_moves() to sessions_app',
  'a rule is made': 'create rule mine as on update to sessions do instead nothing',
  'the triggers are put to sleep': `set session_replication_role = 'replica'`,
  'the owner is impersonated': 'set role sessions_owner',
  'a program is run': `copy sessions to program 'cat'`,
  'the table is locked against everyone': 'select 1; lock table sessions in access exclusive mode',
});

const unlikeItsBooking = by('23503 session_is_as_its_booking', {
  'a session comes without a booking': birth(5),
  'a session has another id than its booking said': birth(4, { id: fresh }),
  'a session takes the id of another booking’s session': birth(4, { id: session(5) }),
  'a session is another mentor’s': birth(4, { mentor_profile_id: fresh }),
  'a session is another mentee’s': birth(4, { mentee_user_id: fresh }),
  'a session is for another listing': birth(4, { listing_id: fresh }),
  'a session starts a microsecond later than booked': birth(4, {
    start_time: `timestamptz '2030-01-05 10:00:00.000001Z'`,
  }),
  'a session ends an hour later than booked': birth(4, { end_time: `timestamptz '2030-01-05 12:00Z'` }),
});

const brokenRules: IllegalWrite[] = [
  ...by('23505 session_once', {
    'a session is created twice': birth(1),
    'a session takes the id of one that exists': birth(4, { id: scheduled }),
  }),
  ...by('23505 session_one_per_booking', {
    'a booking gets a second session': birth(1, { id: fresh }),
    'a booking whose session is over gets another': birth(3, { id: fresh }),
  }),
  ...by('23505 accepted_booking_once', {
    'a booking is accepted twice': acceptance(1, { session_id: fresh, message_id: fresh }),
  }),
  ...by('23505 accepted_booking_session_once', {
    'two bookings say the same session': acceptance(5, { session_id: session(1) }),
  }),
  ...by('23505 accepted_booking_message_once', {
    'one event accepts two bookings': acceptance(5, { message_id: message(1) }),
  }),
  ...by('23514 accepted_booking_starts_before_it_ends', {
    'a booking ends before it starts': acceptance(5, { end_time: `'2029-12-31'` }),
  }),
  ...by('23514 accepted_booking_times_are_finite', {
    'a booking never ends': acceptance(5, { end_time: `'infinity'` }),
  }),
  ...by('23514 accepted_booking_hash_is_sha256', {
    'an event is kept without the hash of its content': acceptance(5, { content_hash: `''` }),
  }),
  ...by('23514 session_metadata_is_an_object', { 'metadata is a list': birth(4, { metadata: `'[]'` }) }),
  ...by('23502', {
    'metadata is null': birth(4, { metadata: 'null' }),
    'a session comes without times': birth(4, { start_time: 'null', end_time: 'null' }),
    'a session comes without a booking’s id': birth(4, { booking_id: 'null' }),
  }),
  ...by('23514 session_status_is_known', {
    'a session is cancelled': begin(scheduled, { status: 'cancelled' }),
  }),
  ...by('23514 session_started_unless_scheduled', {
    'a session is started by no one': begin(scheduled, { by: 'null' }),
    'a session is completed without a start': complete(scheduled),
    'a session in progress is scheduled again': change(running, `status = 'scheduled', version = version + 1`),
    'a scheduled session has a starter': change(scheduled, `started_by = ${mentee}`),
    'the record of a start is taken away': change(running, 'started_at = null, started_by = null'),
  }),
  ...by('23514 session_completion_recorded_when_completed', {
    'a session is completed by no one': complete(running, { by: 'null' }),
    'a session is completed without a record': change(running, `status = 'completed', version = version + 1`),
    'a completed session goes on': change(completed, `status = 'in_progress', version = version + 1`),
    'a running session has a completer': change(running, `completed_by = ${mentor}`),
  }),
  ...by('23514 session_not_completed_by_its_mentee', { 'the mentee completes': complete(running, { by: mentee }) }),
  ...by('23514 session_started_after_it_was_made', {
    'a session is started before it was scheduled': begin(scheduled, { at: `created_at - interval '1 ms'` }),
  }),
  ...by('23514 session_completed_after_it_started', {
    'a session is completed before it was started': complete(running, { at: `started_at - interval '1 ms'` }),
  }),
  ...by('23514 session_updated_at_its_last_transition', {
    'a session is touched': change(scheduled, 'updated_at = now()'),
    'the time of the change is another than the transition’s': begin(scheduled).replace(
      'updated_at = ',
      `updated_at = interval '1 second' + `,
    ),
  }),
  ...by('23514 session_moves_now', {
    'a session is started in the future': begin(scheduled, { at: oneMinuteOn }),
    'a session is completed in the future': complete(running, { at: oneMinuteOn }),
    'a session is started at a microsecond': begin(scheduled, { at: `created_at + interval '1 microsecond'` }),
    'a session is completed at a microsecond': complete(running, { at: `started_at + interval '1 microsecond'` }),
  }),
  ...by('23514 session_version_advances_by_one', {
    'a version is kept': begin(scheduled).replace('version + 1', 'version'),
    'a version is skipped': begin(scheduled).replace('version + 1', 'version + 2'),
    'a version goes back': complete(running).replace('version + 1', 'version - 1'),
  }),
  ...by('23514 session_start_is_recorded_once', {
    'the starter is exchanged on completion': complete(running).replace('set', `set started_by = ${mentor},`),
  }),
  ...by('23514 session_follows_its_lifecycle', {
    'a session is written without a transition': change(scheduled, 'version = version + 1'),
    'nothing is changed': change(scheduled, 'status = status'),
    'a session is started twice': begin(running),
    'a session is completed twice': complete(completed),
    'the completer is exchanged afterwards': change(completed, `completed_by = ${fresh}`),
    'a state is skipped': complete(scheduled).replace('set', `set started_at = ${now}, started_by = ${mentee},`),
    'a completed session is back in progress': change(
      completed,
      `status = 'in_progress', version = version + 1, completed_at = null, completed_by = null, updated_at = started_at`,
    ),
    'a session in progress is back on schedule': change(
      running,
      `status = 'scheduled', version = version + 1, started_at = null, started_by = null, updated_at = created_at`,
    ),
    'one statement starts what is scheduled and what runs': begin(scheduled).replace(
      /where id = .*/,
      'where completed_at is null',
    ),
  }),
];

export const illegalWrites = [...withoutRight, ...schemaChanges, ...unlikeItsBooking, ...brokenRules];

/** What even the owner may not write while the guards are up. */
export const illegalForTheOwner: IllegalWrite[] = [
  ...by('23514 session_is_born_scheduled', {
    'a session is created in progress': birth(4, {
      status: `'in_progress'`,
      started_at: now,
      started_by: mentee,
      updated_at: now,
    }),
    'a session is created with version 2': birth(4, { version: '2' }),
  }),
  ...by('23514 session_terms_never_change', {
    'notes are taken away': change(scheduled, 'notes = null'),
    'the creation time is dated back': change(running, `created_at = created_at - interval '1 day'`),
    'metadata is changed as the session is started': begin(scheduled).replace('set', `set metadata = '{}',`),
  }),
  // the foreign key is asked before the trigger, which would refuse the same
  ...by('23503 session_is_as_its_booking', {
    'a session is moved': change(scheduled, `start_time = start_time - interval '1 hour'`),
    'a completed session is prolonged': change(completed, `end_time = end_time + interval '1 hour'`),
    'a session changes its id': change(scheduled, `id = ${session(4)}`),
    'a session changes its booking': change(scheduled, `booking_id = ${booking(4)}`),
    'a session changes hands': change(scheduled, `mentor_profile_id = ${fresh}`),
    'a session changes its mentee': change(completed, `mentee_user_id = ${fresh}`),
    'a session changes its listing': change(running, `listing_id = ${fresh}`),
    'a booking is moved away under its session': `update accepted_bookings set end_time = end_time + interval '1 hour'`,
    'a booking is deleted under its session': `delete from accepted_bookings where booking_id = ${booking(1)}`,
  }),
  ...by('23505 session_reaches_a_status_once', {
    'a transition is told twice': 'insert into session_transitions select * from session_transitions',
  }),
  ...by('23503 session_transition_follows_another', {
    'a history skips a state': `insert into session_transitions values (${scheduled}, 'in_progress', 'completed', ${mentor}, now())`,
    'a history loses its beginning': 'delete from session_transitions where from_status is null',
  }),
  ...by('23514 session_transition_is_known', {
    'a history goes a way that is none': `insert into session_transitions values (${running}, 'in_progress', 'cancelled', ${mentor}, now())`,
  }),
];
