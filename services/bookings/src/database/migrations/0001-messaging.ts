import { messagingSchema } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole } from '../roles.ts';

// Bookings consumes no message today, so it has no reason of its own to refuse one.
const messaging = messagingSchema({ appRole, rejections: [] });

/**
 * What every migration expects of the administrator who made the database: it belongs to the owner role, which runs
 * the migrations; the application role exists, may log in and CONNECT, owns nothing, is no member of the owner; PUBLIC
 * may neither CONNECT nor make TEMPORARY tables (`revoke all on database … from public`).
 */
export class Messaging extends Migration {
  override up(): void {
    this.addSql('revoke create on schema public from public');
    this.addSql(`grant usage on schema public to ${appRole}`);
    messaging.up.forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    messaging.down.forEach((sql) => this.addSql(sql));
    this.addSql(`revoke usage on schema public from ${appRole}`);
  }
}
