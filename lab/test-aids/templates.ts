import { createDatabase, databaseName } from '@mentor-sessions/local-stack/databases';
import { loadMigrations } from '@mentor-sessions/local-stack/migrations';

/** Per service, the name of a migrated database that others are copied from. */
export type Templates = Readonly<Record<string, string>>;

const createTemplate = async (adminUrl: string, service: string): Promise<string> => {
  const { adminDatabaseUrl } = await createDatabase(adminUrl, service);
  await (await loadMigrations(service)).migrateUp(adminDatabaseUrl);
  return databaseName(adminDatabaseUrl);
};

export const createTemplates = async (adminUrl: string, services: readonly string[]): Promise<Templates> => {
  const templates: Record<string, string> = {};
  for (const service of services) templates[service] = await createTemplate(adminUrl, service);
  return templates;
};
