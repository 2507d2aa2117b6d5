import { isPublish } from '@mentor-sessions/lab/proxy/tcp-proxy';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { linksOf, throughLinks, untilStruck, workers } from './links.ts';
import { countOf, expectWithin, seconds, until, untilNextSession } from './steps.ts';

const awayAndBack = async (world: FaultWorld, how: 'stop' | 'kill'): Promise<string> => {
  const { broker } = world.backing;
  await world.workload.more(100);
  await broker[how]();
  await world.workload.more(100); // the APIs work while the broker is away
  await broker.start();
  const first = await untilNextSession(world);
  world.expect(first <= 2_000, 'the first session is made within 2 s after the broker is back', { first });
  return `first session ${first} ms after the broker was back`;
};

const stopped: Fault = {
  id: 'F8',
  name: 'broker stopped (SIGTERM) and started',
  promise: 'apis keep answering; the backlog drains; first session within 2 s',
  how: 'SIGTERM, start on the same data and port, twice',
  run: async (world) => `${await awayAndBack(world, 'stop')}; ${await awayAndBack(world, 'stop')}`,
};

const killed: Fault = {
  id: 'F9',
  name: 'broker killed during confirms',
  promise: 'no confirmed message is lost; first session within 2 s',
  how: 'kill -9 while relays publish at full speed, start on the same data and port',
  setting: () => ({ load: { perSecond: 150 } }),
  run: (world) => awayAndBack(world, 'kill'),
};

const BACKLOG = 10_000;

const backlog: Fault = {
  id: 'F8 backlog',
  name: 'broker away until 10,000 messages wait',
  promise: 'drained within 30 s',
  how: 'the consumer is held, the broker stopped until 10,000 more bookings are asked for; then both come back',
  setting: () => ({ load: { perSecond: 600, moved: 0.05 } }),
  run: async (world) => {
    await world.backing.broker.stop();
    const waiting = () => countOf(world, 'bookings', 'outbox');
    const says = 'accepting goes on without the broker until 10,000 events wait';
    await expectWithin(world, 120_000, says, async () => (await waiting()) >= BACKLOG, waiting);
    await world.workload.pause();
    const count = await waiting();
    await world.backing.broker.start();
    const startedAt = performance.now();
    const accepted = await countOf(world, 'bookings', "bookings where status = 'accepted'");
    const drained = await until(async () => (await countOf(world, 'sessions', 'sessions')) >= accepted, 60_000);
    const took = (performance.now() - startedAt) / 1_000;
    world.expect(drained && took <= 30, '10,000 waiting messages are drained within 30 s', { took });
    return `${count} waiting events became sessions ${took.toFixed(1)} s after the broker was back`;
  },
};

const refused: Fault = {
  id: 'F9 refused',
  name: 'broker refuses connections',
  promise: 'workers reconnect',
  how: 'connections of all workers reset, new ones refused for 4 s',
  setting: () => throughLinks(workers, 'broker'),
  run: async (world) => {
    const links = linksOf(world, workers, 'broker');
    await world.workload.more(60);
    for (const link of links) {
      link.refuse();
      link.reset();
    }
    await seconds(4);
    for (const link of links) link.heal();
    return `first session ${await untilNextSession(world)} ms after connections were taken again`;
  },
};

const relays = ['bookings relay', 'sessions relay'] as const;

const cutPublishes = async (world: FaultWorld, cut: 'cutBefore' | 'cutAfter', what: string): Promise<string> => {
  const links = linksOf(world, relays, 'broker');
  let hits = 0;
  for (let count = 0; count < 15; count++) {
    const cuts = links.map((link) => link[cut](isPublish));
    hits += await untilStruck(cuts, { times: 1, cuts: 1, within: 5_000 });
  }
  world.expect(hits >= 10, `the fault happened: ${what} were cut off`, hits);
  return `${hits} ${what} cut off`;
};

const unsent: Fault = {
  id: 'F9 unsent',
  name: 'connection lost with messages in flight',
  promise: 'unconfirmed messages are republished',
  how: 'proxy: 30 publishes do not reach the broker, the connection is cut; sometimes in silence',
  setting: () => throughLinks(relays, 'broker'),
  run: (world) => cutPublishes(world, 'cutBefore', 'publishes'),
};

const unheard: Fault = {
  id: 'F1 cut',
  name: 'connection lost there',
  promise: 'republished under the same id, one session',
  how: 'proxy: 15 publishes reach the broker in full, their confirms do not come back',
  setting: () => throughLinks(relays, 'broker'),
  run: (world) => cutPublishes(world, 'cutAfter', 'confirms'),
};

export const brokerRestarts: readonly Fault[] = [stopped, backlog, killed, refused, unsent, unheard];
