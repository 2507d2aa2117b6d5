import { rejectionsChange } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole } from '../roles.ts';
import { bookingSessionGuards, bookingSessionGuardsDown } from './0004-booking-sessions-guards.ts';

/** What became of an accepted booking, as the sessions service told it last. */
const bookingSessions = `
create table booking_sessions (
  booking_id uuid not null,
  session_id uuid not null,
  status     text not null,
  sequence   integer not null,     -- of the event that told it: only a higher one replaces it
  at         timestamptz not null, -- when it came to be so, by the clock of the sessions database

  constraint booking_has_one_session primary key (booking_id),
  constraint booking_session_is_as_accepted foreign key (booking_id, session_id) references bookings (id, session_id),
  constraint booking_session_status_is_known check (status in ('scheduled', 'in_progress', 'completed')),
  constraint booking_session_sequence_is_positive check (sequence > 0),
  constraint booking_session_time_is_finite check (isfinite(at))
)`;

/** Accepted bookings of which no session is known: few, so that asking for them costs little however many there are of the others. */
const awaitedSessions = `
create table awaited_sessions (
  booking_id  uuid not null,
  accepted_at timestamptz not null,
  attempts    integer not null default 0, -- how often booking.accepted was sent again
  tried_at    timestamptz,
  given_up_at timestamptz,                -- somebody must look

  constraint session_is_awaited_once primary key (booking_id),
  constraint awaited_session_attempts_are_counted check (
    attempts >= 0 and (tried_at is null) = (attempts = 0) and (given_up_at is null or attempts > 0))
)`;

const indexes = [
  'create index awaited_session_by_age on awaited_sessions (accepted_at)',
  "create index booking_by_acceptance on bookings (decided_at) where status = 'accepted'",
];

/** Rows of awaited_sessions come and go by the triggers alone. */
const grants = [
  `grant select, insert, update (status, sequence, at) on booking_sessions to ${appRole}`,
  `grant select, update (attempts, tried_at, given_up_at) on awaited_sessions to ${appRole}`,
];

/** What was accepted before anybody listened: their events of the past can be sent again. */
const alreadyAccepted = `insert into awaited_sessions (booking_id, accepted_at)
  select id, decided_at from bookings where status = 'accepted'`;

const reasons = rejectionsChange([], ['unknown-booking']);

export class BookingSessions extends Migration {
  override up(): void {
    this.addSql('alter table bookings add constraint booking_as_its_session_refers_to_it unique (id, session_id)');
    [bookingSessions, awaitedSessions, ...indexes, ...grants, alreadyAccepted, ...bookingSessionGuards].forEach((sql) =>
      this.addSql(sql),
    );
    reasons.up.forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    reasons.down.forEach((sql) => this.addSql(sql));
    bookingSessionGuardsDown.forEach((sql) => this.addSql(sql));
    this.addSql('drop index booking_by_acceptance');
    this.addSql('alter table bookings drop constraint booking_as_its_session_refers_to_it');
  }
}
