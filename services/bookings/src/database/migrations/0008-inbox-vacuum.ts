import { inboxVacuum } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';

export class InboxVacuum extends Migration {
  override up(): void {
    inboxVacuum.up.forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    inboxVacuum.down.forEach((sql) => this.addSql(sql));
  }
}
