import type { z } from 'zod';
import { ConfigError } from './config.ts';
import { createLogger } from './log.ts';
import type { Migrations } from './migrations.ts';
import { openDoors } from './open-doors.ts';
import type { ownerVariables } from './service-config.ts';

type OneShot = {
  readonly service: string;
  readonly readConfig: () => z.output<typeof ownerVariables>;
  readonly migrations: Pick<Migrations, 'migrateUp'>;
};

/** A one-shot before a deployment: brings the service's database up to date, as its owner. Any number may run at once. */
export const runMigrations = async ({ service, readConfig, migrations }: OneShot): Promise<void> => {
  const log = createLogger({ service, role: 'migrations' });
  try {
    const url = readConfig().ADMIN_DATABASE_URL;
    const run = await migrations.migrateUp(url);
    log.info({ run }, 'the database is up to date');
    for (const door of await openDoors(url)) log.warn(door);
  } catch (err) {
    if (err instanceof ConfigError) process.stderr.write(`${err.message}\n`);
    else log.fatal({ err }, 'migrations failed');
    process.exitCode = 1;
  }
};
