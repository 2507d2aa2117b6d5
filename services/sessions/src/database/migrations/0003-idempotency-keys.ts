import { idempotencySchema } from '@mentor-sessions/service-kit/idempotency-schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole } from '../roles.ts';

const { up, down } = idempotencySchema(appRole);

export class IdempotencyKeys extends Migration {
  override up(): void {
    up.forEach((sql) => this.addSql(sql));
  }

  override down(): void {
    down.forEach((sql) => this.addSql(sql));
  }
}
