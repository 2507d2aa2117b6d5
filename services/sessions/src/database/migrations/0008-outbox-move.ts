import { outboxMove } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole } from '../roles.ts';

const move = outboxMove(appRole);

export class OutboxMove extends Migration {
  override up(): void {
    move.up.forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    move.down.forEach((sql) => this.addSql(sql));
  }
}
