import { operationsSchema } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole, operatorRole } from '../roles.ts';

const operations = operationsSchema({ appRole, operatorRole });

/** All but notes and metadata, which are private to the two people. */
const readable = `id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, status,
  started_at, started_by, completed_at, completed_by, version, created_at, updated_at`;

const others = 'accepted_bookings, session_transitions';

export class Operations extends Migration {
  override up(): void {
    operations.up.forEach((sql) => this.addSql(sql));
    this.addSql(`grant select (${readable}) on sessions to ${operatorRole}`);
    this.addSql(`grant select on ${others} to ${operatorRole}`);
  }

  override down(): void {
    this.addSql(`revoke select on ${others} from ${operatorRole}`);
    this.addSql(`revoke select (${readable}) on sessions from ${operatorRole}`);
    operations.down.forEach((sql) => this.addSql(sql));
  }
}
