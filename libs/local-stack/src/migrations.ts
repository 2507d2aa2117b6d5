import { pathToFileURL, fileURLToPath } from 'node:url';

/** Both answer with the names of the migrations that were run. */
export type Migrations = {
  migrateUp(adminDatabaseUrl: string): Promise<string[]>;
  migrateDown(adminDatabaseUrl: string, count: number, options?: { readonly dropData?: boolean }): Promise<string[]>;
};

export const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** The migrations of services/<service>; by path, since this library knows services by their names alone. */
export const loadMigrations = async (service: string): Promise<Migrations> =>
  (await import(pathToFileURL(`${repository}services/${service}/src/database/migrate.ts`).href)) as Migrations;
