import type { PostgresPair } from '@mentor-sessions/lab/servers/postgres-pair';
import { targetOf } from '@mentor-sessions/lab/proxy/tcp-proxy';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { roleNames, services } from '../world/roles.ts';
import { answersSince, endSessions, expectReady, expectUnready, inDatabase, onServer, setForApp } from './dba.ts';
import { ownKeySet, removeKeys, restoreKeys, writeKeys } from './key-set.ts';
import { throughLinks } from './links.ts';
import { allReady, countOf, expectWithin, seconds, untilNextSession } from './steps.ts';

const RESUMED_WITHIN_MS = 10_000;

/** Waits until a new booking gets its session; returns the milliseconds, or null. */
const expectResumed = async (world: FaultWorld): Promise<number | null> => {
  const from = world.history.operations.length;
  const startedAt = performance.now();
  const isTaken = () => answersSince(world, from, '201') > 0;
  if (!(await expectWithin(world, RESUMED_WITHIN_MS, 'bookings are taken again within seconds', isTaken))) return null;
  const taken = Math.round(performance.now() - startedAt);
  await untilNextSession(world);
  return taken;
};

const fence: Fault = {
  id: 'F47',
  name: 'databases fenced with default_transaction_read_only',
  promise: '503 and not ready; recovers within seconds',
  how: 'alter role … set default_transaction_read_only = on, sessions ended, 4 s, reset; then the same for the whole server with pg_reload_conf()',
  run: async (world) => {
    await world.workload.more(80);
    for (const service of services) {
      await setForApp(world, service, { default_transaction_read_only: 'on' });
      await endSessions(world, service);
    }
    await expectUnready(world, world.allRoles(), /default_transaction_read_only is on/);
    await seconds(4);
    for (const service of services) await setForApp(world, service, { default_transaction_read_only: null });
    const first = await expectResumed(world);
    if (first === null) return 'bookings are not taken again';
    await expectReady(world);
    await onServer(world, 'alter system set default_transaction_read_only = on');
    await onServer(world, 'select pg_reload_conf()');
    await expectUnready(world, world.allRoles(), /default_transaction_read_only is on/);
    await onServer(world, 'alter system reset default_transaction_read_only');
    await onServer(world, 'select pg_reload_conf()');
    const second = await expectResumed(world);
    await expectReady(world);
    return `first 201 after ${first} and ${second} ms`;
  },
};

const stalePlans: Fault = {
  id: 'F47 plans',
  name: 'prepared statements stale or missing',
  promise: 'prepared again; no request fails, nothing dead-lettered',
  how: 'as the owner, 10 times: a column is added to both tables and dropped again',
  run: async (world) => {
    await world.workload.more(80);
    const from = world.history.operations.length;
    for (let count = 0; count < 10; count++) {
      for (const change of ['add column odd text', 'drop column odd']) {
        for (const service of services) await inDatabase(world, service, `alter table ${service} ${change}`);
        await seconds(0.3);
      }
    }
    const failed = answersSince(world, from, '500');
    world.expect(failed === 0, 'no request gets 500', failed);
    return `${world.history.operations.length - from} requests, ${failed} × 500`;
  },
};

const standby: Fault = {
  id: 'F47 standby',
  name: 'the database’s name points to a standby',
  promise: '503 and not ready, with the reason; recovers within seconds',
  how: 'primary and standby; the roles’ addresses moved to the standby, links cut, 4 s, and back',
  setting: () => ({ servers: 'pair', ...throughLinks(roleNames, 'database') }),
  run: async (world) => {
    await world.workload.more(80);
    const pair = world.servers.pair as PostgresPair;
    const point = (adminUrl: string): void => {
      for (const role of world.allRoles()) {
        role.link('database').retarget(targetOf(adminUrl));
        role.link('database').reset();
      }
    };
    point(pair.standby.adminUrl);
    await expectUnready(world, world.allRoles(), /is a standby/);
    await seconds(4);
    point(pair.primary.adminUrl);
    const taken = await expectResumed(world);
    await expectReady(world);
    return `first 201 after ${taken} ms`;
  },
};

const grants = [
  ['sessions', 'insert on sessions', ['sessions consumer']],
  ['bookings', 'insert on outbox_published', ['bookings relay']],
  ['bookings', 'update on bookings', ['bookings api']],
] as const;

const revoked: Fault = {
  id: 'F47 privileges',
  name: 'the application’s privileges revoked',
  promise: 'the role is not ready and names them; 503, no dead letter; recovers',
  how: 'revoke of what each kind of role writes, 4 s, grant',
  run: async (world) => {
    const columns = await columnGrants(world);
    for (const [service, privilege, names] of grants) {
      await world.workload.more(40);
      await inDatabase(world, service, `revoke ${privilege} from ${service}_app`);
      await expectUnready(world, names.map(world.role), new RegExp(`lacks ${privilege}`));
      await seconds(4);
      for (const grant of columns.get(privilege) ?? [privilege]) {
        await inDatabase(world, service, `grant ${grant} to ${service}_app`);
      }
      await expectReady(world);
    }
    const dead = await countOf(world, 'sessions', 'dead_letters');
    world.expect(dead === 0, 'no message is dead-lettered for it', dead);
    return `${grants.length} privileges, as promised`;
  },
};

/** Privileges on columns are restored as such. */
const columnGrants = async (world: FaultWorld): Promise<Map<string, string[]>> => {
  const found = new Map<string, string[]>();
  for (const [service, privilege] of grants) {
    const [verb = '', table = ''] = privilege.split(' on ');
    const rows = await world.rows[service].query<{ name: string }>(
      `select column_name as name from information_schema.column_privileges
        where grantee = $1 and table_name = $2 and privilege_type = upper($3)`,
      [`${service}_app`, table, verb],
    );
    if (rows.length > 0) found.set(privilege, [`${verb} (${rows.map(({ name }) => name).join(', ')}) on ${table}`]);
  }
  return found;
};

const emptyKeys: Fault = {
  id: 'F47 keys',
  name: 'the key set is emptied',
  promise: 'previous keys stay valid; an api without any key is not ready',
  how: 'the key set’s file without a key, under load; the api of bookings restarted with it; the keys brought back',
  setting: ownKeySet,
  run: async (world) => {
    await world.workload.more(60);
    const from = world.history.operations.length;
    writeKeys([]);
    await seconds(3);
    await world.workload.more(60);
    const refused = answersSince(world, from, '401');
    world.expect(refused === 0, 'no token of a known key is refused', refused);
    const api = world.role('bookings api');
    await api.restart();
    await expectUnready(world, [api], /no token can be verified: the key set has no key/);
    restoreKeys();
    await expectReady(world);
    await allReady(world);
    await world.workload.more(40);
    removeKeys();
    return `${world.history.operations.length - from} requests, ${refused} × 401`;
  },
};

export const badSessions: readonly Fault[] = [fence, stalePlans, standby, revoked, emptyKeys];
