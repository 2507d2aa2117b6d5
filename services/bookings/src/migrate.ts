import { runMigrations } from '@mentor-sessions/service-kit/run-migrations';
import { readOwnerConfig } from './config.ts';
import * as migrations from './database/migrate.ts';

// node src/migrate.ts: ADMIN_DATABASE_URL is its owner's
await runMigrations({ service: 'bookings', readConfig: readOwnerConfig, migrations });
