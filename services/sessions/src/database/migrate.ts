import { createMigrations } from '@mentor-sessions/service-kit/migrations';

export const { migrateUp, migrateDown } = createMigrations(new URL('../../sql/', import.meta.url));
