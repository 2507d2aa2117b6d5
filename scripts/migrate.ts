/** Migrates both databases of the running stack, or those given by URL. */
import { chosen as chosenOf, count, readArguments } from '@mentor-sessions/local-stack/arguments';
import { loadMigrations } from '@mentor-sessions/local-stack/databases';
import { openDoors } from '@mentor-sessions/service-kit/open-doors';
import { readStackFile } from './start/stack-file.ts';

const variables = { bookings: 'BOOKINGS_ADMIN_DATABASE_URL', sessions: 'SESSIONS_ADMIN_DATABASE_URL' } as const;
const services = Object.keys(variables) as (keyof typeof variables)[];

const usage = `
npm run db:migrate -- [options]    runs what is pending in both databases

  --down <n>         takes back the last n migrations instead
  --drop-data        with --down: also the first one, with all rows
  --service <name>   bookings or sessions alone

The databases are those of ${Object.values(variables).join(' and ')}, or else those of npm start.
The migrations of bookings read LONGEST_BOOKING_HOURS and FURTHEST_START_DAYS, too.
`;
const values = readArguments(usage, {
  down: { type: 'string', default: '0' },
  'drop-data': { type: 'boolean', default: false },
  service: { type: 'string' },
});
const down = count('down', values.down);
const wanted = chosenOf('service', values.service, services) ?? services;

const given = Object.values(variables).some((name) => process.env[name]);
const stack = given ? undefined : await readStackFile();
const urlOf = (service: keyof typeof variables): string | undefined =>
  given ? process.env[variables[service]] : stack?.[service].adminDatabaseUrl;

const chosen = services.filter((service) => wanted.includes(service) && urlOf(service));
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
