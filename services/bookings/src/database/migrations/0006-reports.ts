import { Migration } from '@mikro-orm/migrations';
import { reportsRole } from '../roles.ts';

/** No people but the mentor's profile, no notes, no metadata. */
const readable = 'id, mentor_profile_id, start_time, end_time, status, session_id, decided_at, created_at';

export class Reports extends Migration {
  override up(): void {
    this.addSql(`grant usage on schema public to ${reportsRole}`);
    this.addSql(`grant select (${readable}) on bookings to ${reportsRole}`);
    this.addSql(`grant select on booking_sessions, awaited_sessions to ${reportsRole}`);
  }

  override down(): void {
    this.addSql(`revoke select on booking_sessions, awaited_sessions from ${reportsRole}`);
    this.addSql(`revoke select (${readable}) on bookings from ${reportsRole}`);
    this.addSql(`revoke usage on schema public from ${reportsRole}`);
  }
}
