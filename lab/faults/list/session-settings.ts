import { createDatabase, databaseName, dropDatabases, loadMigrations } from '@mentor-sessions/local-stack/databases';
import { debianCommand } from '@mentor-sessions/lab/debian-command';
import { startPgbouncer, type PgbouncerOptions } from '@mentor-sessions/lab/servers/pgbouncer';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { services, type Service } from '../world/roles.ts';
import { answersSince, endSessions, expectReady, expectUnready, onServer, setForApp } from './dba.ts';
import hostileSettings from './fixtures/hostile-settings.json' with { type: 'json' };
import { allReady, countOf, seconds } from './steps.ts';

type Settings = Readonly<Record<string, string>>;

const takenBack = (settings: Settings): Record<string, null> =>
  Object.fromEntries(Object.keys(settings).map((name) => [name, null]));

const under = async (world: FaultWorld, chosen: readonly Service[], settings: Settings): Promise<void> => {
  for (const service of chosen) {
    await setForApp(world, service, settings);
    await endSessions(world, service);
  }
  await seconds(4);
  for (const service of chosen) {
    await setForApp(world, service, takenBack(settings));
    await endSessions(world, service);
  }
};

const dates: Fault = {
  id: 'F45',
  name: 'another DateStyle for the application role',
  promise: 'connections set what they need; no effect',
  how: 'alter role … set datestyle, its sessions ended: in both databases, then in sessions only',
  run: async (world) => {
    await world.workload.more(60);
    const style = world.random.pick([`'SQL, MDY'`, `'SQL, DMY'`, `'German'`, `'Postgres, DMY'`]);
    await under(world, services, { datestyle: style });
    await under(world, ['sessions'], { datestyle: style });
    return `as promised under ${style}`;
  },
};

// in TypeScript each also has the other names, as undefined
const hostile: readonly Settings[] = hostileSettings as object[] as Settings[];

const settings: Fault = {
  id: 'F45 settings',
  name: 'other settings that change the meaning of statements',
  promise: 'connections set what they need; no effect',
  how: 'alter role … set of search_path, isolation, timeouts of 1 ms, plans, encodings and others; sessions ended',
  run: async (world) => {
    await world.workload.more(60);
    for (const one of hostile) await under(world, services, one);
    return `${hostile.flatMap((one) => Object.keys(one)).length} settings, as promised`;
  },
};

const throughPooler = async <T>(
  world: FaultWorld,
  options: Omit<PgbouncerOptions, 'urls'>,
  work: () => Promise<T>,
): Promise<T> => {
  const urls = services.map((service) => world.stack[service].databaseUrl);
  const pooler = await startPgbouncer({ ...options, urls });
  const restartAll = async (address: (url: string) => string): Promise<void> => {
    for (const role of world.allRoles()) {
      role.configure({ DATABASE_URL: address(world.stack[role.name.split(' ')[0] as Service].databaseUrl) });
      await role.restart();
    }
  };
  try {
    await restartAll(pooler.through);
    return await work();
  } finally {
    await restartAll((url) => url);
    await pooler.close();
  }
};

const prepare = async (): Promise<void> => void (await debianCommand('pgbouncer', 'pgbouncer'));

const sharedSessions: Fault = {
  id: 'F45 transaction pooler',
  name: 'PgBouncer in transaction mode',
  promise: 'every role is not ready, with the reason; 503, no dead letter',
  how: 'all roles restarted with the address of a PgBouncer in transaction mode, then with the direct one',
  prepare,
  run: async (world) => {
    await world.workload.more(80);
    const size = world.random.pick(['1', '5', '50']);
    const from = world.history.operations.length;
    await throughPooler(world, { mode: 'transaction', settings: { default_pool_size: size } }, async () => {
      await expectUnready(world, world.allRoles(), /set pool_mode = session/);
      await seconds(3);
      await expectUnready(world, world.allRoles(), /set pool_mode = session/);
    });
    await allReady(world);
    await expectReady(world);
    const refused = answersSince(world, from, '503');
    const failed = answersSince(world, from, '500');
    world.expect(refused > 0, 'the fault happened: requests got 503', refused);
    world.expect(failed === 0, 'no request gets 500', failed);
    return `pool of ${size}: ${refused} × 503, ${failed} × 500`;
  },
};

const ownSessions: Fault = {
  id: 'F45 session pooler',
  name: 'PgBouncer in session mode',
  promise: 'everything works, timeouts apply',
  how: 'all roles restarted with the address of a PgBouncer in session mode; the limits of their sessions read',
  prepare,
  run: async (world) => {
    await world.workload.more(40);
    await throughPooler(world, { mode: 'session' }, async () => {
      await allReady(world);
      await world.workload.more(150);
      // an abandoned transaction: the server ends it only if the limit was set through the pooler
      const forgotten = "pg_stat_activity where usename = 'bookings_app' and application_name like 'bookings-%'";
      const count = await countOf(world, 'bookings', forgotten);
      world.expect(count > 0, 'the fault happened: sessions came through the pooler', count);
    });
    await allReady(world);
    return 'as promised';
  },
};

const encoding: Fault = {
  id: 'F45 encoding',
  name: 'a database not in UTF-8',
  promise: 'migrations refuse it; roles are not ready, with the reason',
  how: 'create database … encoding SQL_ASCII; migrations run; the api of bookings restarted with it',
  run: async (world) => {
    await world.workload.more(60);
    const { adminUrl } = world.backing.postgres;
    const made = await createDatabase(adminUrl, 'bookings');
    const name = databaseName(made.databaseUrl);
    await onServer(world, `drop database ${name}`);
    await onServer(
      world,
      `create database ${name} owner bookings_owner template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'`,
    );
    const { migrateUp } = await loadMigrations('bookings');
    const outcome = await migrateUp(made.adminDatabaseUrl).then(String, (error: unknown) => String(error));
    world.expect(/encoding is SQL_ASCII.*UTF8/.test(outcome), 'the migrations refuse it', outcome);
    const api = world.role('bookings api');
    api.configure({ DATABASE_URL: made.databaseUrl });
    await api.restart();
    await expectUnready(world, [api], /encoding is SQL_ASCII.*UTF8/);
    api.configure({ DATABASE_URL: world.stack.bookings.databaseUrl });
    await api.restart();
    await allReady(world);
    await dropDatabases(adminUrl, [name]);
    return 'refused by both';
  },
};

export const sessionSettings: readonly Fault[] = [dates, settings, sharedSessions, ownSessions, encoding];
