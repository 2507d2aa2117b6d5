import { outboxLowWaterMarks } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole } from '../roles.ts';

const marks = outboxLowWaterMarks(appRole);

export class OutboxLowWaterMarks extends Migration {
  override up(): void {
    marks.up.forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    marks.down.forEach((sql) => this.addSql(sql));
  }
}
