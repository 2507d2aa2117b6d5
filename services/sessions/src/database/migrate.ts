import { createMigrations } from '@mentor-sessions/service-kit/migrations';
import { ormConfig } from './orm.config.ts';

export const { migrateUp, migrateDown } = createMigrations(ormConfig);
