import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makePrivateDirectory } from '@mentor-sessions/lab/servers/private-directory';
import { findNativeBinaries } from '@mentor-sessions/local-stack/binaries';
import { repository } from '@mentor-sessions/local-stack/launch';
import { startNativePostgres } from '@mentor-sessions/local-stack/native-postgres';

// The databases as operators set them up, with the file that the guide names.

const run = promisify(execFile);

let directory: Awaited<ReturnType<typeof makePrivateDirectory>>;
let server: Awaited<ReturnType<typeof startNativePostgres>>;

beforeAll(async () => {
  directory = await makePrivateDirectory('set-up');
  server = await startNativePostgres(directory.path);
}, 60_000);
afterAll(async () => {
  await server?.kill();
  await directory.remove();
});

/** As the owner that the file makes. */
const ownersUrl = (service: string): string => {
  const url = new URL(server.adminUrl);
  url.username = `${service}_owner`;
  url.password = 'change-me-1';
  url.pathname = `/${service}`;
  return url.href;
};

test('after the file has been run for each service, migrations leave nothing open', async () => {
  const forBookings = await readFile(join(repository, 'deploy/postgresql/bookings.sql'), 'utf8');
  const forSessions = forBookings
    .replaceAll('bookings', 'sessions')
    .replaceAll(/^(create|alter) role reports .*\n/gm, ''); // one for both
  const psql = join((await findNativeBinaries()).postgres, 'psql');
  for (const [service, sql] of Object.entries({ bookings: forBookings, sessions: forSessions })) {
    const file = join(directory.path, `${service}.sql`);
    await writeFile(file, sql);
    await run(psql, [server.adminUrl, '--no-psqlrc', '--set=ON_ERROR_STOP=1', `--file=${file}`]);
  }
  const [BOOKINGS_ADMIN_DATABASE_URL, SESSIONS_ADMIN_DATABASE_URL] = [ownersUrl('bookings'), ownersUrl('sessions')];
  const env = { ...process.env, BOOKINGS_ADMIN_DATABASE_URL, SESSIONS_ADMIN_DATABASE_URL };
  const { stdout, stderr } = await run(process.execPath, ['scripts/migrate.ts'], { cwd: repository, env });
  expect(stdout).toMatch(/^bookings: run: 0001-baseline.*\nsessions: run: 0001-baseline.*\n$/);
  expect(stderr).toBe('');
}, 60_000);
