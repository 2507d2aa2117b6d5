import { Migration } from '@mikro-orm/migrations';
import { appRole } from '../roles.ts';
import { sessionGuards, sessionGuardsDown } from './0002-sessions-guards.ts';

/** What the event said, kept for ever: the last inbox, and the only way into `sessions`. */
const acceptedBookings = `
create table accepted_bookings (
  booking_id        uuid not null,
  session_id        uuid not null,  -- minted by the acceptance
  message_id        uuid not null,
  content_hash      bytea not null, -- SHA-256: the same message id with other content is a fault, however much later
  listing_id        uuid not null,
  mentor_profile_id uuid not null,
  mentee_user_id    uuid not null,
  start_time        timestamptz not null,
  end_time          timestamptz not null,
  accepted_at       timestamptz not null,
  accepted_by       uuid not null,

  constraint accepted_booking_once primary key (booking_id),
  constraint accepted_booking_session_once unique (session_id),
  constraint accepted_booking_message_once unique (message_id),
  constraint accepted_booking_as_sessions_refer_to_it unique
    (session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time),
  constraint accepted_booking_starts_before_it_ends check (start_time < end_time),
  constraint accepted_booking_times_are_finite check (isfinite(start_time) and isfinite(end_time)),
  constraint accepted_booking_hash_is_sha256 check (octet_length(content_hash) = 32)
)`;

const sessions = `
create table sessions (
  id                uuid not null,
  booking_id        uuid not null,
  listing_id        uuid not null,
  mentor_profile_id uuid not null,
  mentee_user_id    uuid not null,
  start_time        timestamptz not null,
  end_time          timestamptz not null,
  status            text not null default 'scheduled',
  notes             text,
  metadata          jsonb not null default '{}',
  started_at        timestamptz,
  started_by        uuid,
  completed_at      timestamptz,
  completed_by      uuid,
  version           integer not null default 1,
  created_at        timestamptz not null default date_trunc('milliseconds', now()),
  updated_at        timestamptz not null default date_trunc('milliseconds', now()),

  constraint session_once primary key (id),
  constraint session_one_per_booking unique (booking_id),
  constraint session_is_as_its_booking foreign key
    (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time) references accepted_bookings
    (session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time),
  constraint session_status_is_known check (status in ('scheduled', 'in_progress', 'completed')),
  constraint session_metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),

  constraint session_started_unless_scheduled check (
    num_nulls(started_at, started_by) = case status when 'scheduled' then 2 else 0 end),
  constraint session_completion_recorded_when_completed check (
    num_nulls(completed_at, completed_by) = case status when 'completed' then 0 else 2 end),
  constraint session_not_completed_by_its_mentee check (completed_by <> mentee_user_id),
  constraint session_started_after_it_was_made check (started_at >= created_at),
  constraint session_completed_after_it_started check (completed_at >= started_at),
  constraint session_updated_at_its_last_transition check (
    updated_at = coalesce(completed_at, started_at, created_at))
)`;

/** One index per person serves both lists: id ends the keyset, status after it filters without reading the row. */
const indexes = [
  'create index session_by_mentor on sessions (mentor_profile_id, start_time, id, status)',
  'create index session_by_mentee on sessions (mentee_user_id, start_time, id, status)',
];

/** Column by column: what is not named here (status and version at birth, terms afterwards) has one writer, the default. */
const grants = [
  `grant select, insert on accepted_bookings to ${appRole}`,
  `grant select,
     insert (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata),
     update (status, started_at, started_by, completed_at, completed_by, version, updated_at)
     on sessions to ${appRole}`,
];

export class Sessions extends Migration {
  override up(): void {
    [acceptedBookings, sessions, ...indexes, ...grants, ...sessionGuards].forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    ['drop table sessions', ...sessionGuardsDown, 'drop table accepted_bookings'].forEach((sql) => this.addSql(sql));
  }
}
