import { operationsSchema } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole, operatorRole } from '../roles.ts';

const operations = operationsSchema({ appRole, operatorRole });

/** All but notes and metadata, which are private to the two people. */
const readable = `id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, status, session_id,
  accepted_message_id, decided_at, decided_by, version, created_at, updated_at`;

const others = 'booking_transitions, booking_sessions, awaited_sessions';

/** Lets the reminding begin anew: it sends again by its own rules. */
export const remind = `
create function awaited_sessions_remind(bookings uuid[], act_by text, act_reason text) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return query
    update awaited_sessions set attempts = 0, tried_at = null, given_up_at = null
    where booking_id = any(bookings) returning booking_id;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'reconcile', act_reason, jsonb_build_object('bookings', bookings));
end $$`;

export class Operations extends Migration {
  override up(): void {
    operations.up.forEach((sql) => this.addSql(sql));
    this.addSql(`grant select (${readable}) on bookings to ${operatorRole}`);
    this.addSql(`grant select on ${others} to ${operatorRole}`);
    this.addSql(remind);
    this.addSql('revoke all on function awaited_sessions_remind(uuid[], text, text) from public');
    this.addSql(`grant execute on function awaited_sessions_remind(uuid[], text, text) to ${operatorRole}`);
  }

  override down(): void {
    this.addSql('drop function awaited_sessions_remind(uuid[], text, text)');
    this.addSql(`revoke select on ${others} from ${operatorRole}`);
    this.addSql(`revoke select (${readable}) on bookings from ${operatorRole}`);
    operations.down.forEach((sql) => this.addSql(sql));
  }
}
