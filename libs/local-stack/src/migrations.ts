import { existsSync } from 'node:fs';
import { pathToFileURL, fileURLToPath } from 'node:url';

export type Migrations = {
  migrateUp(adminDatabaseUrl: string): Promise<unknown>;
  migrateDown(adminDatabaseUrl: string, count: number): Promise<unknown>;
};

export const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** The migrations of services/<service>. */
export const loadMigrations = async (service: string): Promise<Migrations | undefined> => {
  const file = `${repository}services/${service}/src/database/migrate.ts`;
  if (!existsSync(file)) return undefined;
  return (await import(pathToFileURL(file).href)) as Migrations;
};
