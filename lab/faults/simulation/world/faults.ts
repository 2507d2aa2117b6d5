import { bookingAcceptedQueue, eventsExchange } from '@mentor-sessions/contracts';
import { cutLink as cutBrokerLink } from '../broker/connect.ts';
import { refuse } from '../broker/methods.ts';
import { cutLink as cutStoreLink } from '../store/pool.ts';
import { serverError } from '../store/errors.ts';
import { hostile, hostileKinds } from './hostile.ts';
import type { FaultKind } from './swarm.ts';
import type { World } from './world.ts';

const HEARTBEAT_GONE_MS = 20_000;
const IDLE_IN_TRANSACTION_MS = 10_000;

const oneOf = <T>({ random }: World, from: Iterable<T>): T | undefined => {
  const all = [...from];
  return all.length > 0 ? random.pick(all) : undefined;
};

const surviving = ({ random }: World) => ({ toServer: random.int(0, 3), toClient: random.int(0, 3) });

const later = ({ scheduler, random }: World, longest: number, work: () => void): void =>
  void scheduler.timer(null, random.int(0, longest), work);

const kill = (world: World): void => {
  const victim = oneOf(world, world.processes);
  victim?.kill();
  later(world, 2_000, () => victim?.start());
};

const restart = (world: World): void => {
  const one = oneOf(world, world.processes);
  one?.stop(() => later(world, 500, one.start));
};

/** Its connections stay open until its peers have missed its heartbeats. */
const pause = (world: World): void => {
  const { random, scheduler, brokerLinks } = world;
  const one = oneOf(world, world.processes);
  const owner = one?.owner();
  const ms = random.pick([500, 5_000, 30_000]);
  one?.pause(ms);
  if (ms < HEARTBEAT_GONE_MS || !owner) return;
  scheduler.timer(null, HEARTBEAT_GONE_MS, () => {
    for (const link of brokerLinks) if (link.owner === owner) cutBrokerLink(link, { toServer: 0, toClient: Infinity });
  });
};

const cutBroker = (world: World): void => {
  const link = oneOf(world, world.brokerLinks);
  if (link) cutBrokerLink(link, surviving(world));
};

/** Nothing passes, and each side notices by missed heartbeats. */
const blackHoleBroker = (world: World): void => {
  const link = oneOf(world, world.brokerLinks);
  if (!link) return;
  link.toServer.hold(Infinity);
  link.toClient.hold(Infinity);
  world.scheduler.timer(null, world.random.int(8_000, 24_000), () => {
    link.toServer.drop(0);
    link.toServer.hold(0);
    link.toServer.push(link.server.gone);
  });
  world.scheduler.timer(link.owner, world.random.int(8_000, 24_000), () => {
    link.toClient.drop(0);
    link.client.onSocketError(new Error('Heartbeat timeout'));
  });
};

const cutStore = (world: World): void => {
  const link = oneOf(world, world.storeLinks);
  if (link) cutStoreLink(link, { toServer: world.random.int(0, 1), toClient: world.random.int(0, 1) });
};

const blackHoleStore = (world: World): void => {
  const link = oneOf(world, world.storeLinks);
  if (!link) return;
  const isCutOff = world.random.chance(0.5);
  if (isCutOff) link.toServer.hold(Infinity); // otherwise the statement is executed, and its response is lost
  link.toClient.hold(Infinity);
  link.goSilent();
  later(world, 20_000, () => {
    link.toServer.drop(0);
    link.toServer.hold(0);
    link.toServer.push(link.backend.end);
  });
};

const closeChannel = (world: World): void => {
  const connection = oneOf(world, world.broker.connections);
  const channel = connection && oneOf(world, connection.channels.values());
  if (channel && !channel.closing)
    refuse(connection, channel, { code: 406, message: 'PRECONDITION_FAILED - delivery acknowledgement timed out' });
};

const deleteQueue = ({ broker, random }: World): void =>
  broker.deleteQueue(random.chance(0.8) ? bookingAcceptedQueue.name : bookingAcceptedQueue.deadQueue);

const unbind = (world: World): void => {
  const exchange = oneOf(world, world.broker.exchanges.values());
  exchange?.bindings.pop();
};

const alarm = (world: World): void => {
  world.broker.alarmed = true;
  later(world, 15_000, () => endAlarm(world));
};

const endAlarm = ({ broker }: World): void => {
  broker.alarmed = false;
  for (const connection of broker.connections) connection.block(false);
};

const brokerAway = (world: World): void => {
  const { broker, brokerLinks } = world;
  broker.isDown = true;
  for (const link of brokerLinks) cutBrokerLink(link, surviving(world));
  later(world, 3_000, () => (broker.isDown = false));
};

const storeAway = (world: World): void => {
  const store = world.random.pick([world.bookings, world.sessions]);
  store.isDown = true;
  for (const link of world.storeLinks)
    if (store.backends.has(link.backend)) cutStoreLink(link, { toServer: world.random.int(0, 1), toClient: 0 });
  later(world, 3_000, () => (store.isDown = false));
};

const sendHostile = (world: World): void => {
  const { random, broker, accepted, bookings } = world;
  const exchange = broker.exchanges.get(eventsExchange.name);
  const published = accepted.filter(({ event, fails }) => fails !== 'forever' && bookings.everEnqueued.has(event.id));
  const good = oneOf(world, published);
  if (!exchange || !good) return;
  const made = hostile(random.pick(hostileKinds), good.event, random);
  const { messageId, userId, body: content } = made;
  const copy = {
    exchange: exchange.name,
    routingKey: 'booking.accepted',
    properties: { messageId, userId },
    content,
    deliveries: 0,
  };
  world.hostile.push({ ...made, taken: broker.route(exchange, copy).length > 0 });
};

const acts: Readonly<Record<FaultKind, (world: World) => void>> = {
  'process killed': kill,
  'process stopped and started': restart,
  'process paused': pause,
  'broker connection cut': cutBroker,
  'broker connection black-holed': blackHoleBroker,
  'store connection cut': cutStore,
  'store connection black-holed': blackHoleStore,
  'channel closed by the broker': closeChannel,
  'queue deleted': deleteQueue,
  'exchange deleted': ({ broker }) => void broker.exchanges.delete(eventsExchange.name),
  'binding removed': unbind,
  'broker alarm': alarm,
  'broker away': brokerAway,
  'store away': storeAway,
  'hostile message': sendHostile,
};

/** Injects every fault of the swarm repeatedly, until the end of the faults. */
export const unleash = (world: World): void => {
  const { scheduler, random, swarm } = world;
  for (const [kind, rate] of swarm.rates) {
    const again = (): void =>
      void scheduler.timer(null, (-Math.log(1 - random.next()) / rate) * 1_000, () => {
        if (!world.faulty) return;
        acts[kind](world);
        again();
      });
    again();
  }
  scheduler.timer(null, swarm.faultsEndAt, () => heal(world));
};

/** Ends the faults: what is down returns. The code under test has to repair what was broken. */
const heal = (world: World): void => {
  world.faulty = false;
  world.broker.isDown = world.bookings.isDown = world.sessions.isDown = false;
  endAlarm(world);
  for (const process of world.processes) process.start();
};

/** The server terminates sessions that are idle in a transaction for too long. */
export const sweepIdle = (world: World): void => {
  world.scheduler.timer(null, 1_000, () => {
    for (const link of world.storeLinks) {
      if (link.backend.idleInTransaction() < IDLE_IN_TRANSACTION_MS) continue;
      link.backend.end();
      link.toClient.push(() =>
        link.lose(
          serverError('25P03', 'terminating connection due to idle-in-transaction timeout', { severity: 'FATAL' }),
        ),
      );
    }
    sweepIdle(world);
  });
};
