import { setTimeout as pause } from 'node:timers/promises';
import type { FaultWorld } from '../world/fault-world.ts';
import { services, type Role, type RoleName, type Service } from '../world/roles.ts';

/** The duration of a fault; nothing is asserted after it. */
export const seconds = (count: number): Promise<void> => pause(count * 1_000);

/** Polls every few milliseconds; false after a timeout. */
export const until = async (isTrue: () => boolean | Promise<boolean>, within: number): Promise<boolean> => {
  const deadline = performance.now() + within;
  while (performance.now() < deadline) {
    if (await isTrue()) return true;
    await pause(20);
  }
  return false;
};

/** Notes it as broken unless it becomes so in time (ms); returns whether it did. */
export const expectWithin = async (
  world: FaultWorld,
  within: number,
  says: string,
  isSo: () => boolean | Promise<boolean>,
  witness?: () => unknown,
): Promise<boolean> => {
  const isKept = await until(isSo, within);
  world.expect(isKept, says, isKept ? null : await witness?.());
  return isKept;
};

/** How often processes of a role were killed. */
export const deaths = (roles: readonly Role[]): number =>
  roles.flatMap(({ endings }) => endings).filter((ending) => typeof ending === 'string').length;

/** Waits under load until so many processes of the role died at their fault points. */
export const untilKilled = async (world: FaultWorld, name: RoleName, times: number): Promise<string> => {
  const killed = () => deaths(world.roles(name));
  const says = `the fault happened: ${name} was to be killed ${times} times`;
  await expectWithin(world, 60_000, says, () => killed() >= times, killed);
  return `${name} killed ${killed()} times`;
};

export const allReady = async (world: FaultWorld): Promise<void> => {
  await Promise.all(world.allRoles().map((role) => role.waitReady()));
};

/** A number from a service's database, by an SQL expression. */
export const numberOf = async (
  world: FaultWorld,
  service: Service,
  sql: string,
  values: readonly unknown[] = [],
): Promise<number> => (await world.rows[service].query<{ n: number }>(`select (${sql})::int as n`, values))[0]?.n ?? 0;

/** Rows of a table, or of a table with a condition. */
export const countOf = (world: FaultWorld, service: Service, table: string, values?: readonly unknown[]) =>
  numberOf(world, service, `select count(*) from ${table}`, values);

/** Waits until the outbox of a service is empty. */
export const untilPublished = (world: FaultWorld, service: Service, within: number): Promise<boolean> =>
  until(async () => (await countOf(world, service, 'outbox')) === 0, within);

/** A number from a process's /metrics. */
export const metricOf = async (role: Role, name: RegExp): Promise<number> => {
  const page = await (await fetch(`${role.current().adminUrl}/metrics`)).text();
  return Number(new RegExp(`^${name.source} (\\S+)$`, 'm').exec(page)?.[1] ?? 0);
};

/** By the operators' command line. */
export const setWorkers = async (
  world: FaultWorld,
  verb: 'pause' | 'resume',
  role: string,
  of: readonly Service[] = services,
): Promise<void> => {
  for (const service of of)
    await world.ops('workers', verb, role, '--service', service, '--because', 'a fault of the suite');
};

/** As that, at once. */
export const pauseWorkers = ({ rows }: FaultWorld, role: string, paused: boolean) =>
  Promise.all(
    services.map((service) =>
      rows[service].query(
        paused
          ? `insert into paused_workers (target, paused_by, reason) values ('${role}', 'fault', 'a fault') on conflict do nothing; notify operations, 'workers'`
          : `delete from paused_workers where target = '${role}'; notify operations, 'workers'`,
      ),
    ),
  );

/** Waits for the next session; returns the milliseconds. */
export const untilNextSession = async (world: FaultWorld): Promise<number> => {
  const startedAt = performance.now();
  const count = () => countOf(world, 'sessions', 'sessions');
  const before = await count();
  await expectWithin(world, 60_000, 'sessions are made again within a minute', async () => (await count()) > before);
  return Math.round(performance.now() - startedAt);
};
