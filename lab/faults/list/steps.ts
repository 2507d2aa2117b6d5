import { setTimeout as pause } from 'node:timers/promises';
import type { FaultWorld } from '../world/fault-world.ts';
import type { Role, RoleName } from '../world/roles.ts';

/** How long a fault lasts; nothing is asserted after it, so this is no waiting in a test. */
export const seconds = (count: number): Promise<void> => pause(count * 1_000);

/** Looks every few milliseconds; false if it did not come true in time. */
export const until = async (isTrue: () => boolean | Promise<boolean>, within: number): Promise<boolean> => {
  const deadline = performance.now() + within;
  while (performance.now() < deadline) {
    if (await isTrue()) return true;
    await pause(20);
  }
  return false;
};

/** How often processes of a role died by a signal. */
export const deaths = (roles: readonly Role[]): number =>
  roles.flatMap(({ endings }) => endings).filter((ending) => typeof ending === 'string').length;

/** Until so many processes of the role died of their fault points, while people go on. */
export const untilKilled = async (world: FaultWorld, name: RoleName, times: number): Promise<string> => {
  const reached = await until(() => deaths(world.roles(name)) >= times, 60_000);
  world.expect(reached, `the fault happened: ${name} was to be killed ${times} times`, deaths(world.roles(name)));
  return `${name} killed ${deaths(world.roles(name))} times`;
};

export const allReady = async (world: FaultWorld): Promise<void> => {
  await Promise.all(world.allRoles().map((role) => role.waitReady()));
};

export const countOf = async (world: FaultWorld, service: 'bookings' | 'sessions', table: string): Promise<number> => {
  const [row] = await world.rows[service].query<{ n: number }>(`select count(*)::int as n from ${table}`);
  return row?.n ?? 0;
};

/** Milliseconds from now until a session more is there. */
export const untilNextSession = async (world: FaultWorld): Promise<number> => {
  const startedAt = performance.now();
  const before = await countOf(world, 'sessions', 'sessions');
  const came = await until(async () => (await countOf(world, 'sessions', 'sessions')) > before, 60_000);
  world.expect(came, 'sessions are made again within a minute');
  return Math.round(performance.now() - startedAt);
};
