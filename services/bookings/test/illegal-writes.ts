import { accept, accepted, birth, cancel, cancelled, declined, decline, draft, fresh, mentee } from './legal-writes.ts';
import { followed, itsSession, session, told } from './legal-writes.ts';

export type IllegalWrite = { readonly sentence: string; readonly sql: string; readonly answer: string };

const by = (answer: string, writes: Record<string, string>): IllegalWrite[] =>
  Object.entries(writes).map(([sentence, sql]) => ({ sentence, sql, answer }));

const minutes = (n: number): string => `date_trunc('milliseconds', now()) + ${n} * interval '1 minute'`;
const insert = (columns: string, values: string): string =>
  `insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, ${columns})
   values (${fresh}, ${fresh}, ${fresh}, ${mentee}, ${values})`;

/** Refused by the grants before any rule is asked: the application has no such right at all. */
const withoutRight = by('42501', {
  'a booking is created accepted': insert(`start_time, end_time, status`, `now(), now(), 'accepted'`),
  'a booking is created with another version': insert('start_time, end_time, version', 'now(), now(), 7'),
  'a booking is created with a session': insert('start_time, end_time, session_id', `now(), now(), ${fresh}`),
  'a booking is created decided': insert('start_time, end_time, decided_by', `now(), now(), ${mentee}`),
  'a booking is created yesterday': insert(
    'start_time, end_time, created_at',
    `now(), now(), now() - interval '1 day'`,
  ),
  'a booking gets another id': `update bookings set id = ${fresh} where id = ${draft}`,
  'a booking gets another mentor': `update bookings set mentor_profile_id = ${fresh} where id = ${draft}`,
  'a booking gets another mentee': `update bookings set mentee_user_id = ${fresh} where id = ${draft}`,
  'a booking gets another listing': `update bookings set listing_id = ${fresh} where id = ${draft}`,
  'a booking is moved': `update bookings set start_time = start_time + interval '1 minute' where id = ${draft}`,
  'an accepted booking is prolonged': `update bookings set end_time = end_time + interval '1 h' where id = ${accepted}`,
  'notes are rewritten': `update bookings set notes = 'other' where id = ${draft}`,
  'metadata is rewritten': `update bookings set metadata = '{}' where id = ${draft}`,
  'the creation time is rewritten': `update bookings set created_at = now() where id = ${draft}`,
  'a booking is moved on the way of its acceptance': `${accept(draft).replace('set', 'set start_time = start_time,')}`,
  'an upsert moves a booking': `${birth(draft)} on conflict (id) do update set end_time = excluded.end_time`,
  'a booking is deleted': `delete from bookings where id = ${draft}`,
  'a booking that is not there is deleted': `delete from bookings where id = ${fresh}`,
  'all bookings are truncated': 'truncate bookings',
  'the audit is deleted': 'delete from booking_transitions',
  'the audit is truncated': 'truncate booking_transitions',
  'the audit is altered': `update booking_transitions set actor_user_id = ${fresh}`,
  'the audit is forged': `insert into booking_transitions values (${draft}, 'draft', 'accepted', ${fresh}, now())`,
  'the inbox is emptied': 'delete from inbox',
  'dead letters are deleted': 'delete from dead_letters',
  'what was published is deleted': 'delete from outbox_published',
  'the outbox is truncated': 'truncate outbox',
  'an event is rewritten': `update outbox set envelope = '{}'`,
  'an answer that was given is rewritten': `update idempotency_keys set answer = '{}'`,
  'what was answered is truncated': 'truncate idempotency_keys',
  'what became of a booking is deleted': 'delete from booking_sessions',
  'what became of a booking is truncated': 'truncate booking_sessions',
  'what became of a booking is said of another': `update booking_sessions set booking_id = ${draft}`,
  'a session is exchanged': `update booking_sessions set session_id = ${fresh}`,
  'a session is not awaited any more': 'delete from awaited_sessions',
  'a session is awaited without acceptance': `insert into awaited_sessions values (${draft}, now())`,
  'an awaited session was accepted later': 'update awaited_sessions set accepted_at = now()',
  'the bounds are widened': 'update booking_bounds set longest_hours = 8784',
  'the bounds are replaced': 'insert into booking_bounds (longest_hours, furthest_days) values (8784, 36525)',
  'the bounds are taken away': 'delete from booking_bounds',
  'a migration is forgotten': 'delete from migrations',
  'an operator is imitated': `insert into operator_actions (operator, action, reason, subject) values ('o', 'a', 'r', '{}')`,
  'what an operator did is forgotten': 'delete from operator_actions',
  'a replay is asked for': `insert into replays (dead_letter_id, queue, requested_by, reason) values (${fresh}, 'q', 'me', 'r')`,
  'a replay is asked for as an operator does': `select dead_letters_replay('{}', 'me', 'r')`,
  'a replay is forgotten': 'delete from replays',
  'a worker resumes by itself': 'delete from paused_workers',
  'a reminder begins again': `select awaited_sessions_remind('{}', 'me', 'r')`,
});

const schemaChanges = by('42501', {
  'the triggers are disabled': 'alter table bookings disable trigger all',
  'a trigger is dropped': 'drop trigger booking_moves on bookings',
  'a trigger of its own is made':
    'create trigger mine before insert on bookings for each row execute function booking_moves()',
  'a guard is replaced': `create or replace function booking_moves() returns trigger language sql as 'select 1'`,
  'a guard is dropped': 'drop function booking_moves() cascade',
  'a guard is altered': 'alter function booking_moves() security invoker',
  'a constraint is dropped': 'alter table bookings drop constraint mentor_never_double_booked',
  'a column is added': 'alter table bookings add column mine text',
  'a table is renamed': 'alter table bookings rename to old_bookings',
  'a table is dropped': 'drop table booking_transitions',
  'a table is made': 'create table mine ()',
  'a temporary table is made': 'create temporary table bookings ()',
  'a schema is made': 'create schema mine',
  'an index is made': 'create index on bookings (notes)',
  'a function is made': `create function mine() returns integer language sql as 'select 1'`,
  'a right is taken': 'grant execute on function booking_moves() to bookings_app',
  'a rule is made': 'create rule mine as on delete to bookings do instead nothing',
  'the triggers are put to sleep': `set session_replication_role = 'replica'`,
  'the owner is impersonated': 'set role bookings_owner',
  'a program is run': `copy bookings to program 'cat'`,
  'the table is locked against everyone': 'select 1; lock table bookings in access exclusive mode',
});

const brokenRules: IllegalWrite[] = [
  ...by('23505 booking_once', { 'a booking is created twice': birth(draft) }),
  ...by('23505 booking_session_minted_once', {
    'two bookings share a session': accept(draft, { event: fresh }),
  }),
  ...by('23505 booking_message_minted_once', { 'two bookings share an event': accept(draft, { as: fresh }) }),
  ...by('23514 booking_starts_before_it_ends', {
    'a booking ends when it starts': insert('start_time, end_time', `${minutes(9)}, ${minutes(9)}`),
    'a booking ends before it starts': insert('start_time, end_time', `${minutes(9)}, ${minutes(8)}`),
  }),
  ...by('23514 booking_times_are_whole_milliseconds', {
    'a booking starts at a microsecond': insert(
      'start_time, end_time',
      `${minutes(8)} + interval '1 microsecond', ${minutes(9)}`,
    ),
    'a booking never ends': insert('start_time, end_time', `${minutes(8)}, 'infinity'`),
  }),
  ...by('23514 booking_is_not_too_long', {
    'a booking is longer than 24 hours': insert(
      'start_time, end_time',
      `${minutes(8)}, ${minutes(8 + 24 * 60)} + interval '1 millisecond'`,
    ),
    'a booking ends in the last year of the calendar': insert(
      'start_time, end_time',
      `${minutes(8)}, '9999-12-31T23:59:59.999Z'`,
    ),
  }),
  ...by('23514 booking_starts_soon_enough', {
    'a booking starts more than 731 days ahead': insert(
      'start_time, end_time',
      `${minutes(731 * 24 * 60)} + interval '1 second', ${minutes(731 * 24 * 60 + 1)}`,
    ),
    'a booking of the last hour of the calendar': insert(
      'start_time, end_time',
      `'9999-12-31T23:00Z', '9999-12-31T23:59Z'`,
    ),
  }),
  ...by('23514 booking_starts_in_the_future', {
    'a booking is created with a start in the past': insert(
      'start_time, end_time',
      `date_trunc('milliseconds', now()) - interval '1 millisecond', ${minutes(9)}`,
    ),
  }),
  ...by('23514 booking_notes_are_short', {
    'notes are longer than 2,000 characters': birth(fresh, { values: `repeat('é', 2001), '{}'` }),
  }),
  ...by('23514 booking_metadata_is_an_object', { 'metadata is a list': birth(fresh, { values: `null, '[]'` }) }),
  ...by('23502', { 'metadata is null': birth(fresh, { values: 'null, null' }) }),
  ...by('23514 booking_status_is_known', {
    'a status is invented': decline(draft).replace('declined', 'confirmed'),
  }),
  ...by('23514 booking_decided_unless_draft', {
    'a booking is declined by no one': decline(draft, { by: 'null' }),
    'a booking is declined at no time': decline(draft).replace(
      /decided_at = .*?, updated/,
      'decided_at = null, updated',
    ),
    'a draft is decided and stays a draft': `update bookings set decided_by = ${mentee} where id = ${draft}`,
    'a declined booking becomes a draft again': `update bookings set status = 'draft' where id = ${declined}`,
  }),
  ...by('23514 booking_session_comes_with_acceptance', {
    'a booking is accepted without a session': accept(draft, { as: 'null' }),
    'a booking is accepted without an event': accept(draft, { event: 'null' }),
    'a draft gets a session': `update bookings set session_id = ${fresh} where id = ${draft}`,
    'a cancelled booking gets a session': `update bookings set session_id = ${fresh} where id = ${cancelled}`,
    'a booking gets a session as it is declined': decline(draft).replace('set', `set session_id = ${fresh},`),
    'an accepted booking is cancelled': cancel(accepted),
  }),
  ...by('23514 booking_not_accepted_by_its_mentee', {
    'the mentee accepts': accept(draft, { by: mentee, as: fresh, event: fresh }),
  }),
  ...by('23514 booking_cancelled_by_its_mentee', {
    'someone else than the mentee cancels': cancel(draft, { by: fresh }),
  }),
  ...by('23514 booking_accepted_before_it_ends', {
    'a booking is accepted at its end': accept(draft, { at: 'end_time', as: fresh, event: fresh }),
  }),
  ...by('23514 booking_decided_after_it_was_made', {
    'a booking is declined before it was made': decline(draft, { at: `created_at - interval '1 millisecond'` }),
  }),
  ...by('23514 booking_updated_when_decided', {
    'a draft is touched': `update bookings set updated_at = now() where id = ${draft}`,
    'the time of the change is another than the decision’s': decline(draft).replace(
      /updated_at = /,
      `updated_at = interval '1 second' + `,
    ),
  }),
  ...by('23514 booking_is_decided_now', {
    'a booking is declined in the future': decline(draft, { at: minutes(1) }),
    'a booking is declined at a microsecond': decline(draft, { at: `created_at + interval '1 microsecond'` }),
  }),
  ...by('23514 booking_version_advances_by_one', {
    'a version is kept': decline(draft).replace('version + 1', 'version'),
    'a version is skipped': decline(draft).replace('version + 1', 'version + 2'),
    'a version goes back': decline(draft).replace('version + 1', 'version - 1'),
  }),
  ...by('23514 booking_follows_its_lifecycle', {
    'a draft is written without a transition': `update bookings set version = version + 1 where id = ${draft}`,
    'nothing is changed': `update bookings set status = status where id = ${draft}`,
    'a booking is accepted twice': accept(accepted, { as: fresh, event: fresh }),
    'an accepted booking gets another session': `update bookings set session_id = ${fresh} where id = ${accepted}`,
    'a declined booking is accepted after all': accept(declined, { as: fresh, event: fresh }),
    'a declined booking is cancelled': cancel(declined),
    'a cancelled booking is declined': decline(cancelled),
    'a cancelled booking is cancelled again': cancel(cancelled),
    'a decision is given to someone else': `update bookings set decided_by = ${fresh} where id = ${declined}`,
    'one statement decides a draft and a declined booking': cancel(draft).replace(
      /where id = .*/,
      'where session_id is null',
    ),
  }),
  ...by('23505 booking_has_one_session', {
    'a booking has two sessions': told(followed, `${itsSession}, 'completed', 3, now()`),
  }),
  ...by('23503 booking_session_is_as_accepted', {
    'a booking has another session than it was accepted with': told(fresh, `${session}, 'scheduled', 1, now()`),
    'a draft has a session': told(draft, `${fresh}, 'scheduled', 1, now()`),
    'a booking that is not there has a session': told(fresh, `${fresh}, 'scheduled', 1, now()`),
  }),
  ...by('23514 booking_session_status_is_known', {
    'a session is cancelled': `update booking_sessions set status = 'cancelled', sequence = 3`,
  }),
  ...by('23514 booking_session_sequence_is_positive', {
    'a session is told of before anything happened': `update booking_sessions set sequence = 0`,
  }),
  ...by('23514 booking_session_time_is_finite', {
    'a session is completed in the end': `update booking_sessions set status = 'completed', sequence = 3, at = 'infinity'`,
  }),
  ...by('23514 booking_session_sequence_only_rises', {
    'older news replaces newer': `update booking_sessions set status = 'completed', sequence = 1`,
    'news replaces news of the same age': `update booking_sessions set status = 'completed'`,
  }),
  ...by('23514 booking_session_status_only_advances', {
    'a session goes back': `update booking_sessions set status = 'scheduled', sequence = 3`,
    'a session stands still, with newer news': `update booking_sessions set sequence = 3`,
  }),
  ...by('23P01 mentor_never_double_booked', {
    'a mentor accepts a second booking at the same time': accept(draft, { as: fresh, event: fresh }),
  }),
];

export const illegalWrites = [...withoutRight, ...schemaChanges, ...brokenRules];

/** What even the owner may not write while the guards are up. */
export const illegalForTheOwner: IllegalWrite[] = [
  ...by('23505 booking_bounds_once', {
    'the bounds are given twice': 'insert into booking_bounds (longest_hours, furthest_days) values (1, 1)',
  }),
  ...by('23514 booking_bounds_have_one_row', {
    'other bounds stand beside the bounds': 'insert into booking_bounds values (2, 1, 1)',
  }),
  ...by('23514 booking_bounds_are_sensible', {
    'no booking may have any length': 'update booking_bounds set longest_hours = 0',
    'a booking may start in a thousand years': 'update booking_bounds set furthest_days = 365250',
  }),
  ...by('23514 booking_is_born_a_draft', {
    'a booking is created declined': insert(
      'start_time, end_time, status, decided_by, decided_at, updated_at',
      `${minutes(8)}, ${minutes(9)}, 'declined', ${fresh}, ${minutes(0)}, ${minutes(0)}`,
    ),
    'a booking is created with version 2': insert('start_time, end_time, version', `${minutes(8)}, ${minutes(9)}, 2`),
  }),
  ...by('23514 booking_terms_never_change', {
    'a draft is moved': `update bookings set end_time = end_time + interval '1 minute' where id = ${draft}`,
    'an accepted booking is moved': `update bookings set end_time = end_time + interval '1 h' where id = ${accepted}`,
    'a booking changes hands': `update bookings set mentor_profile_id = ${fresh} where id = ${draft}`,
    'a booking changes its mentee': `update bookings set mentee_user_id = ${fresh} where id = ${declined}`,
    'a booking changes its id': `update bookings set id = ${fresh} where id = ${draft}`,
    'a booking changes its listing': `update bookings set listing_id = ${fresh} where id = ${draft}`,
    'notes are taken away': `update bookings set notes = null where id = ${draft}`,
    'metadata is changed as the booking is cancelled': cancel(draft).replace('set', `set metadata = '{}',`),
  }),
  ...by('23514 booking_session_never_changes', {
    'another booking gets the session': `update booking_sessions
      set booking_id = ${accepted}, session_id = ${session}, status = 'completed', sequence = 3`,
  }),
  ...by('23505 session_is_awaited_once', {
    'a session is awaited twice': `insert into awaited_sessions values (${draft}, now()), (${draft}, now())`,
  }),
  ...by('23514 awaited_session_attempts_are_counted', {
    'a session is given up without an attempt': `insert into awaited_sessions (booking_id, accepted_at, given_up_at)
      values (${draft}, now(), now())`,
  }),
  ...by('23505 booking_reaches_a_status_once', {
    'a transition is told twice': `insert into booking_transitions select * from booking_transitions`,
  }),
  ...by('23503 booking_transition_follows_another', {
    'a history has no beginning': `insert into booking_transitions values (${fresh}, 'draft', 'accepted', ${fresh}, now())`,
    'a history loses its beginning': `delete from booking_transitions where from_status is null`,
  }),
  ...by('23514 booking_transition_is_known', {
    'a history goes a way that is none': `insert into booking_transitions values (${declined}, 'declined', 'accepted', ${fresh}, now())`,
  }),
];
