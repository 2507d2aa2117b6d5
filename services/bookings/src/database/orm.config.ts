import { Migrator } from '@mikro-orm/migrations';
import { defineConfig } from '@mikro-orm/postgresql';
import { BookingSchema } from '../domain/booking.ts';
import { Messaging } from './migrations/0001-messaging.ts';
import { Bookings } from './migrations/0002-bookings.ts';
import { IdempotencyKeys } from './migrations/0003-idempotency-keys.ts';
import { BookingSessions } from './migrations/0004-booking-sessions.ts';
import { Operations } from './migrations/0005-operations.ts';
import { Reports } from './migrations/0006-reports.ts';
import { Retention } from './migrations/0007-retention.ts';
import { InboxVacuum } from './migrations/0008-inbox-vacuum.ts';
import { OutboxMove } from './migrations/0009-outbox-move.ts';
import { OutboxLowWaterMarks } from './migrations/0010-outbox-low-water-marks.ts';
import { OutboxBounds } from './migrations/0011-outbox-bounds.ts';
import { DeadLetterReasons } from './migrations/0012-dead-letter-reasons.ts';
import { Reconciliation } from './migrations/0013-reconciliation.ts';
import { LeastPrivilege } from './migrations/0014-least-privilege.ts';

/** Names are for ever: the table `migrations` remembers them. */
const migrationsList = [
  { name: '0001-messaging', class: Messaging },
  { name: '0002-bookings', class: Bookings },
  { name: '0003-idempotency-keys', class: IdempotencyKeys },
  { name: '0004-booking-sessions', class: BookingSessions },
  { name: '0005-operations', class: Operations },
  { name: '0006-reports', class: Reports },
  { name: '0007-retention', class: Retention },
  { name: '0008-inbox-vacuum', class: InboxVacuum },
  { name: '0009-outbox-move', class: OutboxMove },
  { name: '0010-outbox-low-water-marks', class: OutboxLowWaterMarks },
  { name: '0011-outbox-bounds', class: OutboxBounds },
  { name: '0012-dead-letter-reasons', class: DeadLetterReasons },
  { name: '0013-reconciliation', class: Reconciliation },
  { name: '0014-least-privilege', class: LeastPrivilege },
];

export const ormConfig = (databaseUrl: string) =>
  defineConfig({
    clientUrl: databaseUrl,
    driverOptions: { connectionString: databaseUrl }, // or its sslmode would not count
    entities: [BookingSchema],
    extensions: [Migrator],
    // snapshot: or the migrator writes a JSON file into the working directory
    migrations: { tableName: 'migrations', snapshot: false, silent: true, migrationsList },
  });
