import { createMigrations } from '@mentor-sessions/service-kit/migrations';
import { runMigrations } from '@mentor-sessions/service-kit/run-migrations';

const migrations = createMigrations(new URL('../sql/', import.meta.url), {
  // Until the first release: a database of commit d11bd75 is brought to the baseline (docs/adr/0086).
  adoption: {
    file: 'adopt-d11bd75.sql',
    fingerprint: 'd6eaeb8a348e4dd19bd082d93ac2cdd5510ddb48a2fbf5b3a75739b1b13ff5d1',
  },
});

/** @public loaded by path, since scripts know services by name */
export const { migrateUp, migrateDown } = migrations;

// `node src/migrate.ts`; ADMIN_DATABASE_URL is that of the database's owner
if (import.meta.main) await runMigrations('sessions', migrations);
