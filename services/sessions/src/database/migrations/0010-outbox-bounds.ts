import { outboxBounds } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole } from '../roles.ts';

const bounds = outboxBounds({ appRole, isOperated: true });

export class OutboxBounds extends Migration {
  override up(): void {
    bounds.up.forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    bounds.down.forEach((sql) => this.addSql(sql));
  }
}
