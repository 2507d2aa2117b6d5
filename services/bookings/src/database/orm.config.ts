import { defineConfig } from '@mikro-orm/postgresql';
import { BookingSchema } from '../domain/booking.ts';

export const ormConfig = (databaseUrl: string) =>
  defineConfig({
    clientUrl: databaseUrl,
    driverOptions: { connectionString: databaseUrl }, // clientUrl alone would lose its sslmode
    entities: [BookingSchema],
  });
