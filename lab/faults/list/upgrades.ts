import { commandsUnder, runCommands } from '@mentor-sessions/lab/guide-commands';
import type { Fault } from '../fault.ts';
import { ownersOf, prepareEarlierVersion } from '../world/earlier-version.ts';
import type { EarlierVersion } from '../world/earlier-version.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { failed, REQUESTS, restartAll, twoOfEach } from './rolling.ts';
import { until } from './steps.ts';
import { databaseUpgrade } from './upgrade-postgres.ts';
import { brokerUpgrade } from './upgrade-rabbitmq.ts';

const guide = 'docs/upgrades.md';

/** Stories after each replacement. */
const SIDE_BY_SIDE = 60;

let earlier: EarlierVersion | undefined;

/** Replaces processes by those of another version, one by one, so that both versions of each role run at once. */
const replaceAll = (world: FaultWorld, checkout: string | undefined): Promise<void> =>
  restartAll(world, {
    before: (role) => role.runFrom(checkout),
    between: () => world.workload.more(SIDE_BY_SIDE),
  });

const services: Fault = {
  id: 'F59',
  name: 'services upgraded from the last version with another schema, back, and forward again',
  promise: 'no request fails, and every process exits with 0 within 10 s',
  how: `two processes of each role of that version, behind a balancer; the guide’s commands migrate; one process of each role is replaced, then the other; back, with the migrations; forward again; at least ${REQUESTS} requests`,
  isAboutVersions: true,
  prepare: async () => void (earlier = await prepareEarlierVersion()),
  setting: () => ({
    roles: twoOfEach,
    load: { bookings: 1_500, perSecond: 40, moved: 0.7 },
    ...(earlier && { checkout: earlier.checkout }),
  }),
  run: async (world) => {
    const [migrate, revert] = await commandsUnder(guide, 'Services');
    const asOwners = { env: ownersOf(world.stack) };
    await world.workload.more(100);
    await runCommands(migrate ?? '', asOwners);
    await replaceAll(world, undefined);
    await replaceAll(world, earlier?.checkout);
    const reverted = await runCommands(revert ?? '', asOwners);
    await world.workload.more(100);
    await runCommands(migrate ?? '', asOwners);
    await replaceAll(world, undefined);
    await until(() => world.history.operations.length >= REQUESTS, 60_000);
    const bad = failed(world);
    world.expect(bad.length === 0, 'no request fails', bad.slice(0, 5));
    const taken = reverted.match(/(?<=taken back: ).+/g)?.join(', ');
    return `${earlier?.commit.slice(0, 7)} and this version side by side, three times; ${taken} taken back and run again; ${world.history.operations.length} requests, ${bad.length} failed`;
  },
};

export const upgrades: readonly Fault[] = [services, databaseUpgrade, brokerUpgrade];
