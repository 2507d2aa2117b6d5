import { emissionsSchema } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole, operatorRole } from '../roles.ts';
import { remind as remindOfBefore } from './0005-operations.ts';

const emissions = emissionsSchema({ appRole, operatorRole });

/** As before, and due at once. */
const remind = `
create or replace function awaited_sessions_remind(bookings uuid[], act_by text, act_reason text) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return query
    update awaited_sessions set attempts = 0, tried_at = null, given_up_at = null, checked_at = accepted_at
    where booking_id = any(bookings) returning booking_id;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'reconcile', act_reason, jsonb_build_object('bookings', bookings));
end $$`;

/** The reminder asks for what is due by these, however many bookings wait. */
const due = [
  // when the reminder last found its event on its way, or sent it again
  'alter table awaited_sessions add column checked_at timestamptz not null default now()',
  'create index awaited_session_due on awaited_sessions (attempts, checked_at) where given_up_at is null',
  'create index awaited_session_given_up on awaited_sessions (given_up_at) where given_up_at is not null',
  `grant update (checked_at) on awaited_sessions to ${appRole}`,
];

export class Reconciliation extends Migration {
  override up(): void {
    [...emissions.up, ...due, remind].forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    this.addSql(remindOfBefore.replace('create function', 'create or replace function'));
    this.addSql('drop index awaited_session_given_up');
    this.addSql('drop index awaited_session_due');
    this.addSql('alter table awaited_sessions drop column checked_at');
    emissions.down.forEach((sql) => this.addSql(sql));
  }
}
