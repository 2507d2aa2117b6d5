import { createDatabase, databaseName, loadMigrations } from '@mentor-sessions/local-stack/databases';

/** Per service, the name of a migrated database that others are copied from. */
export type Templates = Readonly<Record<'bookings' | 'sessions', string>>;

const createTemplate = async (adminUrl: string, service: string): Promise<string> => {
  const { adminDatabaseUrl } = await createDatabase(adminUrl, service);
  await (await loadMigrations(service)).migrateUp(adminDatabaseUrl);
  return databaseName(adminDatabaseUrl);
};

export const createTemplates = async (adminUrl: string): Promise<Templates> => {
  const [bookings, sessions] = await Promise.all([
    createTemplate(adminUrl, 'bookings'),
    createTemplate(adminUrl, 'sessions'),
  ]);
  return { bookings, sessions };
};
