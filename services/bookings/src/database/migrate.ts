import { createMigrations } from '@mentor-sessions/service-kit/migrations';

export const { migrateUp, migrateDown } = createMigrations(new URL('../../sql/', import.meta.url), {
  // Until the first release: a database of commit d11bd75 is brought to the baseline (docs/adr/0086).
  file: 'adopt-d11bd75.sql',
  fingerprint: 'c458dd255ea1f36b7173ee64d5d8d73eb97ed51856f7a1036bbc2f23daaba155',
});
