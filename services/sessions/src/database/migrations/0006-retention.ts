import { retentionSchema } from '@mentor-sessions/messaging/schema';
import { keyRetentionSchema } from '@mentor-sessions/service-kit/idempotency-schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole, retentionRole } from '../roles.ts';

const messaging = retentionSchema({ appRole, retentionRole });
const keys = keyRetentionSchema(retentionRole);

export class Retention extends Migration {
  override up(): void {
    [...messaging.up, ...keys.up].forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    [...keys.down, ...messaging.down].forEach((sql) => this.addSql(sql));
  }
}
