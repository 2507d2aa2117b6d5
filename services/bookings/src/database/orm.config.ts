import { defineConfig } from '@mikro-orm/postgresql';
import { BookingEntity } from './entity.ts';

export const ormConfig = (databaseUrl: string) =>
  defineConfig({
    clientUrl: databaseUrl,
    driverOptions: { connectionString: databaseUrl }, // clientUrl alone would lose its sslmode
    entities: [BookingEntity],
  });
