import pg from 'pg';
import { databaseName, query } from '@mentor-sessions/local-stack/databases';
import type { PostgresPair } from '@mentor-sessions/lab/servers/postgres-pair';
import { targetOf } from '@mentor-sessions/lab/proxy/tcp-proxy';
import type { FaultWorld } from '../world/fault-world.ts';
import type { Role, Service } from '../world/roles.ts';
import { allReady, expectWithin, untilNextSession } from './steps.ts';

/** As the administrator of the server. */
export const onServer = <R extends object>(world: FaultWorld, sql: string, values?: readonly unknown[]): Promise<R[]> =>
  query<R>(world.backing.postgres.adminUrl, sql, values);

/** As the administrator of the server, in one database. */
export const inDatabase = (world: FaultWorld, service: Service, sql: string): Promise<unknown> => {
  const pathname = `/${databaseName(world.stack[service].adminDatabaseUrl)}`;
  return query(Object.assign(new URL(world.backing.postgres.adminUrl), { pathname }).href, sql);
};

/** Settings of new sessions of the application; null resets. */
export const setForApp = async (
  world: FaultWorld,
  service: Service,
  settings: Readonly<Record<string, string | null>>,
): Promise<void> => {
  const database = databaseName(world.stack[service].adminDatabaseUrl);
  for (const [name, value] of Object.entries(settings)) {
    const change = value === null ? `reset ${name}` : `set ${name} = ${value}`;
    await inDatabase(world, service, `alter role ${service}_app in database ${database} ${change}`);
  }
};

/** Terminates every session of the application, so that new settings apply. */
export const endSessions = async (world: FaultWorld, service: Service): Promise<void> => {
  await inDatabase(
    world,
    service,
    `select pg_terminate_backend(pid) from pg_stat_activity
      where usename = '${service}_app' and datname = current_database()`,
  );
};

/** Runs `work` with a connection of a database's owner. */
export const asOwner = async <T>(
  world: FaultWorld,
  service: Service,
  work: (owner: pg.Client) => Promise<T>,
): Promise<T> => {
  const owner = new pg.Client({ connectionString: world.stack[service].adminDatabaseUrl });
  owner.on('error', () => undefined);
  await owner.connect();
  return work(owner).finally(() => owner.end().catch(() => undefined));
};

/** Kills the primary under load and promotes the standby. */
export const failOver = async (world: FaultWorld): Promise<string> => {
  const { adminUrl } = await (world.servers.pair as PostgresPair).failOver();
  world.moveDatabases(adminUrl);
  for (const role of world.allRoles()) role.link('database').retarget(targetOf(adminUrl));
  const first = await untilNextSession(world);
  await allReady(world);
  await world.workload.more(100);
  return `first session ${first} ms after the address was moved`;
};

/** The response of `/readyz` of a process. */
const readyz = async (role: Role): Promise<string> => {
  const answer = await fetch(`${role.current().adminUrl}/readyz`).catch(() => undefined);
  return answer ? `${answer.status} ${await answer.text()}` : 'no answer';
};

export const isReady = async (role: Role): Promise<boolean> => (await readyz(role)).startsWith('200');

const WITHIN_MS = 15_000;

/** Expects each role to be unready within some seconds, with this in its reasons. */
export const expectUnready = async (world: FaultWorld, roles: readonly Role[], reason: RegExp): Promise<void> => {
  const expectOne = async (role: Role): Promise<void> => {
    let seen = '';
    const isUnready = async (): Promise<boolean> => {
      seen = await readyz(role);
      return seen.startsWith('503') && reason.test(seen);
    };
    const witness = () => ({ reason: String(reason), seen });
    await expectWithin(world, WITHIN_MS, `${role.name} is not ready, and says why`, isUnready, witness);
  };
  await Promise.all(roles.map(expectOne));
};

/** Expects each role to be ready again within some seconds. */
export const expectReady = async (world: FaultWorld, roles: readonly Role[] = world.allRoles()): Promise<void> => {
  const expectOne = (role: Role): Promise<boolean> => {
    const isSo = () => isReady(role);
    return expectWithin(world, WITHIN_MS, `${role.name} is ready again within seconds`, isSo, () => readyz(role));
  };
  await Promise.all(roles.map(expectOne));
};

/** Responses since operation `from` that start with this. */
export const answersSince = (world: FaultWorld, from: number, start: string): number =>
  world.history.operations.slice(from).filter(({ answer }) => answer.startsWith(start)).length;
