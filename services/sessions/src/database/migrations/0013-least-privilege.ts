import { operatorsReadNothingPrivate, partitionsByBounds } from '@mentor-sessions/messaging/schema';
import { closedToPublic } from '@mentor-sessions/service-kit/open-doors';
import { Migration } from '@mikro-orm/migrations';
import { appRole, operatorRole, reportsRole, retentionRole } from '../roles.ts';

const partitions = partitionsByBounds({ appRole });
const operators = operatorsReadNothingPrivate({ operatorRole });

export class LeastPrivilege extends Migration {
  override up(): void {
    [...partitions.up, ...operators.up].forEach((sql) => this.addSql(sql));
    this.addSql(closedToPublic([appRole, operatorRole, retentionRole, reportsRole]));
  }

  override down(): void {
    [...operators.down, ...partitions.down].forEach((sql) => this.addSql(sql));
  }
}
