import { deadLetterReasons } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';

const reasons = deadLetterReasons(['unknown-booking']);

export class DeadLetterReasons extends Migration {
  override up(): void {
    reasons.up.forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    reasons.down.forEach((sql) => this.addSql(sql));
  }
}
