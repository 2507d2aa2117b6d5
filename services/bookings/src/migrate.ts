import { createMigrations } from '@mentor-sessions/service-kit/migrations';
import { runMigrations } from '@mentor-sessions/service-kit/run-migrations';
import { readBounds } from './config.ts';

const migrations = createMigrations(new URL('../sql/', import.meta.url), {
  // Until the first release: a database of commit d11bd75 is brought to the baseline (docs/adr/0086).
  adoption: {
    file: 'adopt-d11bd75.sql',
    fingerprint: 'c458dd255ea1f36b7173ee64d5d8d73eb97ed51856f7a1036bbc2f23daaba155',
  },
  // for the trigger; as the owner, since the application may not write them
  configure: async (owner) => {
    const { longestHours, furthestDays } = readBounds();
    await owner.query(
      `insert into booking_bounds (longest_hours, furthest_days) values ($1, $2)
      on conflict (id) do update set longest_hours = excluded.longest_hours, furthest_days = excluded.furthest_days`,
      [longestHours, furthestDays],
    );
  },
});

/** @public loaded by path, since scripts know services by name */
export const { migrateUp, migrateDown } = migrations;

// `node src/migrate.ts`; ADMIN_DATABASE_URL is that of the database's owner
if (import.meta.main) await runMigrations('bookings', migrations);
