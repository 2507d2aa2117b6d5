import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { Claims } from '@mentor-sessions/local-stack/tokens';
import type { RoleProcess } from '@mentor-sessions/local-stack/roles';
import { everyRole, type RoleName } from '@mentor-sessions/local-stack/system';
import { acceptedBooking, mentee, mentor, type Promised } from '../e2e/bookings.ts';
import type { World } from '../e2e/world.ts';

export type Roles = Readonly<Record<RoleName, RoleProcess>>;

/** All roles as processes, ready. */
export const startEveryRole = async (world: World): Promise<Roles> => {
  const processes = await world.startReady(...everyRole);
  return Object.fromEntries(everyRole.map((name, index) => [name, processes[index]])) as Roles;
};

type Headers = Readonly<Record<string, string>>;

/** One booking from request to completed session, with one refused request. */
export const walk = async (world: World, roles: Roles, headers: Headers = {}): Promise<Promised> => {
  const bookings = world.client(roles['bookings api']);
  const sessions = world.client(roles['sessions api']);
  const promised = await acceptedBooking(bookings, {}, headers);
  const session = `/sessions/${promised.sessionId}`;
  await eventually(async () => (await sessions('GET', session, { as: mentee })).status === 200);
  const act = async (action: string, as: Claims): Promise<number> =>
    (await sessions('PATCH', `${session}/${action}`, { as, headers })).status;
  const seen = [await act('start', mentor), await act('complete', mentee), await act('complete', mentor)];
  if (seen.join() !== '200,403,200') throw new Error(`start, complete as mentee, complete: ${seen.join()}`);
  const status = async () => (await bookings('GET', `/bookings/${promised.id}`, { as: mentee })).body.sessionStatus;
  await eventually(async () => (await status()) === 'completed', { describe: 'the booking says completed' });
  return promised;
};
