import { Migration } from '@mikro-orm/migrations';
import { appRole } from '../roles.ts';
import { bookingGuards, bookingGuardsDown } from './0002-bookings-guards.ts';

/** Trusted since PostgreSQL 13: the owner of the database may create it. A uuid has no GiST equality without it. */
const extension = 'create extension if not exists btree_gist';

const bookings = `
create table bookings (
  id                  uuid not null,
  listing_id          uuid not null,  -- listings, profiles and users belong to other systems: ids without foreign keys
  mentor_profile_id   uuid not null,
  mentee_user_id      uuid not null,
  start_time          timestamptz not null,
  end_time            timestamptz not null,
  status              text not null default 'draft',
  session_id          uuid,           -- minted by the acceptance, so that client and event know the session at once
  accepted_message_id uuid,           -- of the booking.accepted event, for ever
  decided_at          timestamptz,
  decided_by          uuid,
  notes               text,
  metadata            jsonb not null default '{}',
  version             integer not null default 1,
  created_at          timestamptz not null default date_trunc('milliseconds', now()),
  updated_at          timestamptz not null default date_trunc('milliseconds', now()),

  constraint booking_once primary key (id),
  constraint booking_session_minted_once unique (session_id),
  constraint booking_message_minted_once unique (accepted_message_id),
  constraint booking_status_is_known check (status in ('draft', 'accepted', 'declined', 'cancelled')),
  constraint booking_starts_before_it_ends check (start_time < end_time),
  constraint booking_times_are_whole_milliseconds check (
    isfinite(start_time) and date_trunc('milliseconds', start_time) = start_time and
    isfinite(end_time) and date_trunc('milliseconds', end_time) = end_time),
  constraint booking_notes_are_short check (char_length(notes) <= 2000),
  constraint booking_metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),

  constraint booking_decided_unless_draft check (
    num_nulls(decided_at, decided_by) = case status when 'draft' then 2 else 0 end),
  constraint booking_session_comes_with_acceptance check (
    num_nulls(session_id, accepted_message_id) = case status when 'accepted' then 0 else 2 end),
  constraint booking_not_accepted_by_its_mentee check (status <> 'accepted' or decided_by <> mentee_user_id),
  constraint booking_accepted_before_it_ends check (status <> 'accepted' or decided_at < end_time),
  constraint booking_cancelled_by_its_mentee check (status <> 'cancelled' or decided_by = mentee_user_id),
  constraint booking_decided_after_it_was_made check (decided_at >= created_at),
  constraint booking_updated_when_decided check (updated_at = coalesce(decided_at, created_at)),

  -- [start, end): back to back is fine; requests may overlap, accepted bookings may not
  constraint mentor_never_double_booked exclude using gist (
    mentor_profile_id with =, tstzrange(start_time, end_time, '[)') with &&) where (status = 'accepted')
)`;

/** One index per person serves both lists: id ends the keyset, status after it filters without reading the row. */
const indexes = [
  'create index booking_by_mentor on bookings (mentor_profile_id, start_time, id, status)',
  'create index booking_by_mentee on bookings (mentee_user_id, start_time, id, status)',
];

/** Column by column: what is not named here (status and version at birth, terms afterwards) has one writer, the default. */
const grants = `
grant select,
  insert (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata),
  update (status, session_id, accepted_message_id, decided_at, decided_by, version, updated_at)
  on bookings to ${appRole}`;

/** An extension that an administrator brought is not ours to drop. */
const dropOwnExtension = `
do $$ begin
  if exists (select from pg_extension where extname = 'btree_gist' and pg_get_userbyid(extowner) = current_user) then
    drop extension btree_gist;
  end if;
end $$`;

export class Bookings extends Migration {
  override up(): void {
    [extension, bookings, ...indexes, grants, ...bookingGuards].forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    ['drop table bookings', ...bookingGuardsDown, dropOwnExtension].forEach((sql) => this.addSql(sql));
  }
}
