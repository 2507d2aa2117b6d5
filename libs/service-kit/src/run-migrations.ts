import { ConfigError } from './config.ts';
import { createLogger } from './log.ts';
import type { Migrations } from './migrations.ts';
import { openDoors } from './open-doors.ts';
import { readOwnerUrl } from './service-config.ts';

/** A one-shot before a deployment: brings the service's database up to date, as its owner. Any number may run at once. */
export const runMigrations = async (service: string, { migrateUp }: Pick<Migrations, 'migrateUp'>): Promise<void> => {
  const log = createLogger({ service, role: 'migrations' });
  try {
    const url = readOwnerUrl();
    const run = await migrateUp(url);
    log.info({ run }, 'the database is up to date');
    for (const door of await openDoors(url)) log.warn(door);
  } catch (err) {
    if (err instanceof ConfigError) process.stderr.write(`${err.message}\n`);
    else log.fatal({ err }, 'migrations failed');
    process.exitCode = 1;
  }
};
