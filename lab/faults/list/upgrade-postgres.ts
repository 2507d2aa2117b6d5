import { commandsUnder, runCommands } from '@mentor-sessions/lab/guide-commands';
import type { NewPostgres } from '@mentor-sessions/lab/servers/two-postgres';
import { query } from '@mentor-sessions/local-stack/databases';
import { makeRoot, suites } from '../../versions/suites.ts';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import type { Service } from '../world/roles.ts';
import { answersSince } from './dba.ts';
import { failed, REQUESTS, restartAll, twoOfEach } from './rolling.ts';
import { allReady, setWorkers, until, untilNextSession } from './steps.ts';

/** The environment of the guide's commands: the administrators of both servers, and programs of the new version. */
const surroundings = (world: FaultWorld, next: NewPostgres) => {
  const serverOf = (adminUrl: string): string => adminUrl.replace(/\/postgres$/, '');
  const [OLD, NEW] = [serverOf(world.backing.postgres.adminUrl), serverOf(next.adminUrl)];
  return { env: { OLD, NEW }, functions: `PATH='${next.binaries}':"$PATH"` };
};

const moveRoles = (world: FaultWorld): Promise<void> =>
  restartAll(world, {
    before: (role) => {
      const { databaseUrl } = world.stack[role.name.split(' ')[0] as Service];
      role.configure({ DATABASE_URL: databaseUrl });
    },
  });

const versionOf = async ({ adminUrl }: { readonly adminUrl: string }): Promise<string> =>
  (
    await query<{ version: string }>(
      adminUrl,
      "select split_part(current_setting('server_version'), ' ', 1) as version",
    )
  )[0]?.version ?? '';

const WITHIN_S = 30;

export const databaseUpgrade: Fault = {
  id: 'F59 postgres',
  name: 'both databases move to a later version by logical replication',
  promise: `requests get 503 and no other error; bookings are taken again within ${WITHIN_S} s`,
  how: `PostgreSQL of this machine and ${suites[2].postgres} beside it; the guide’s commands word for word; two processes of each role behind a balancer, restarted one by one, relays paused meanwhile so that events are pending; the old server is stopped; at least ${REQUESTS} requests`,
  isAboutVersions: true,
  prepare: () => makeRoot(suites[2], (line) => process.stderr.write(`${line}\n`)),
  setting: () => ({ servers: 'two postgres', roles: twoOfEach, load: { bookings: 1_500, perSecond: 60, moved: 0.7 } }),
  run: async (world) => {
    const next = world.servers.newPostgres as NewPostgres;
    const [copy = '', wait = '', fence = '', sequences = ''] = await commandsUnder('docs/upgrades.md', 'PostgreSQL');
    const inShell = surroundings(world, next);
    await world.workload.more(300);
    await runCommands(copy, inShell);
    await runCommands(wait, inShell);
    await world.workload.more(300);
    // without their sequences, pending events would be overtaken and the action that resumes relays would fail
    await setWorkers(world, 'pause', 'relay');
    await world.workload.more(60);
    const startedAt = performance.now();
    await runCommands(fence, inShell);
    await runCommands(sequences, inShell);
    const from = world.history.operations.length;
    world.moveDatabases(next.adminUrl);
    const moving = moveRoles(world);
    await until(() => answersSince(world, from, '201') > 0, 60_000);
    const fenced = (performance.now() - startedAt) / 1_000;
    await moving;
    await setWorkers(world, 'resume', 'relay');
    world.expect(fenced <= WITHIN_S, `bookings are taken again within ${WITHIN_S} s`, { fenced });
    const versions = `PostgreSQL ${await versionOf(world.backing.postgres)} to ${await versionOf(next)}`;
    await world.backing.postgres.stop();
    await allReady(world);
    await untilNextSession(world);
    await until(() => world.history.operations.length >= REQUESTS, 60_000);
    const errors = failed(world).filter(({ answer }) => answer !== '503 unavailable');
    world.expect(errors.length === 0, 'requests get 503 and no other error', errors.slice(0, 5));
    return `${versions}, no writes for ${fenced.toFixed(1)} s; ${world.history.operations.length} requests, ${failed(world).length - errors.length} × 503, ${errors.length} other errors`;
  },
};
