/** `npm run db:migrate [-- --down N [--drop-data]] [--service bookings]`: both databases of the running stack, or those given by URL. */
import { parseArgs } from 'node:util';
import { loadMigrations } from '@mentor-sessions/local-stack/databases';
import { openDoors } from '@mentor-sessions/service-kit/open-doors';
import { readStackFile } from './start/stack-file.ts';

const variables = { bookings: 'BOOKINGS_ADMIN_DATABASE_URL', sessions: 'SESSIONS_ADMIN_DATABASE_URL' } as const;
const services = Object.keys(variables) as (keyof typeof variables)[];

const { values } = parseArgs({
  options: { down: { type: 'string' }, 'drop-data': { type: 'boolean', default: false }, service: { type: 'string' } },
});
const down = Number(values.down ?? 0);
if (!Number.isInteger(down) || down < 0) {
  console.error(`--down takes a number of migrations, not "${values.down}"`);
  process.exit(2);
}

const given = Object.values(variables).some((name) => process.env[name]);
const stack = given ? undefined : await readStackFile();
const urlOf = (service: keyof typeof variables): string | undefined =>
  given ? process.env[variables[service]] : stack?.[service].adminDatabaseUrl;

const chosen = services.filter((service) => (values.service ?? service) === service && urlOf(service));
for (const service of chosen) {
  const { migrateDown, migrateUp } = await loadMigrations(service);
  const url = urlOf(service) ?? '';
  try {
    const names = await (down > 0 ? migrateDown(url, down, { dropData: values['drop-data'] }) : migrateUp(url));
    console.log(`${service}: ${down > 0 ? 'taken back' : 'run'}: ${names.join(', ') || 'nothing'}`);
    for (const door of await openDoors(url)) console.warn(`${service}: ${door}`);
  } catch (error) {
    console.error(`${service}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
if (chosen.length === 0) {
  console.error(`No database: run npm start, or set ${Object.values(variables).join(' and ')}.`);
  process.exitCode = 1;
}
