import { Migration } from '@mikro-orm/migrations';
import { reportsRole } from '../roles.ts';

/** No people but the mentor's profile, no notes, no metadata. */
const readable =
  'id, booking_id, mentor_profile_id, start_time, end_time, status, started_at, completed_at, created_at';
const ofBookings = 'booking_id, session_id, mentor_profile_id, accepted_at';

export class Reports extends Migration {
  override up(): void {
    this.addSql(`grant usage on schema public to ${reportsRole}`);
    this.addSql(`grant select (${readable}) on sessions to ${reportsRole}`);
    this.addSql(`grant select (${ofBookings}) on accepted_bookings to ${reportsRole}`);
  }

  override down(): void {
    this.addSql(`revoke select (${ofBookings}) on accepted_bookings from ${reportsRole}`);
    this.addSql(`revoke select (${readable}) on sessions from ${reportsRole}`);
    this.addSql(`revoke usage on schema public from ${reportsRole}`);
  }
}
