import { Migrator } from '@mikro-orm/migrations';
import { defineConfig } from '@mikro-orm/postgresql';
import { SessionSchema } from '../domain/session.ts';
import { Messaging } from './migrations/0001-messaging.ts';
import { Sessions } from './migrations/0002-sessions.ts';
import { IdempotencyKeys } from './migrations/0003-idempotency-keys.ts';
import { Operations } from './migrations/0004-operations.ts';
import { Reports } from './migrations/0005-reports.ts';
import { Retention } from './migrations/0006-retention.ts';
import { InboxVacuum } from './migrations/0007-inbox-vacuum.ts';
import { OutboxMove } from './migrations/0008-outbox-move.ts';
import { OutboxLowWaterMarks } from './migrations/0009-outbox-low-water-marks.ts';
import { OutboxBounds } from './migrations/0010-outbox-bounds.ts';
import { DeadLetterReasons } from './migrations/0011-dead-letter-reasons.ts';
import { Reconciliation } from './migrations/0012-reconciliation.ts';
import { LeastPrivilege } from './migrations/0013-least-privilege.ts';

/** Names are for ever: the table `migrations` remembers them. */
const migrationsList = [
  { name: '0001-messaging', class: Messaging },
  { name: '0002-sessions', class: Sessions },
  { name: '0003-idempotency-keys', class: IdempotencyKeys },
  { name: '0004-operations', class: Operations },
  { name: '0005-reports', class: Reports },
  { name: '0006-retention', class: Retention },
  { name: '0007-inbox-vacuum', class: InboxVacuum },
  { name: '0008-outbox-move', class: OutboxMove },
  { name: '0009-outbox-low-water-marks', class: OutboxLowWaterMarks },
  { name: '0010-outbox-bounds', class: OutboxBounds },
  { name: '0011-dead-letter-reasons', class: DeadLetterReasons },
  { name: '0012-reconciliation', class: Reconciliation },
  { name: '0013-least-privilege', class: LeastPrivilege },
];

export const ormConfig = (databaseUrl: string) =>
  defineConfig({
    clientUrl: databaseUrl,
    driverOptions: { connectionString: databaseUrl }, // or its sslmode would not count
    entities: [SessionSchema],
    extensions: [Migrator],
    // snapshot: or the migrator writes a JSON file into the working directory
    migrations: { tableName: 'migrations', snapshot: false, silent: true, migrationsList },
  });
