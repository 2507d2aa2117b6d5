import { bookingAcceptedQueue, eventsExchange, type BookingAccepted, type Envelope } from '@mentor-sessions/contracts';
import type { Random } from '../../random.ts';
import { createBroker } from '../broker/broker.ts';
import type { BrokerLink } from '../broker/connect.ts';
import type { Broker, Copy, Queue } from '../broker/types.ts';
import type { Owner, Scheduler } from '../clock/scheduler.ts';
import type { StoreLink } from '../store/pool.ts';
import { createStore, type Store } from '../store/store.ts';
import { openSessions, type Sessions } from '@mentor-sessions/sessions/database/database';
import type { Operation } from './clients.ts';
import type { Hostile } from './hostile.ts';
import { consumerProcess, databaseFor, relayProcess, type Surroundings } from './processes.ts';
import { diesIfTraced } from './traced.ts';
import { createProcess, type SimulatedProcess } from './process.ts';
import { drawFate, type Swarm } from './swarm.ts';

/** A message on the wire: one publish that the exchange accepted. */
export type OnTheWire = {
  readonly messageId: string;
  readonly queues: number;
  readonly committed: boolean;
  readonly intact: boolean;
};

export type Accepted = {
  readonly event: Envelope<BookingAccepted>;
  readonly fails: 'never' | 'at first' | 'forever';
  failuresLeft: number;
};

export type World = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly swarm: Swarm;
  readonly broker: Broker;
  readonly bookings: Store;
  readonly sessions: Store;
  readonly brokerLinks: Set<BrokerLink>;
  readonly storeLinks: Set<StoreLink>;
  /** Connections of processes that are dead. */
  readonly deadLinks: BrokerLink[];
  readonly processes: SimulatedProcess[];
  /** The API processes, with the database of each while it runs. */
  readonly apis: { readonly bookings: Api; readonly sessions: Api };
  readonly accepted: Accepted[];
  readonly operations: Operation[];
  readonly hostile: Hostile[];
  readonly wire: OnTheWire[];
  readonly destroyed: Set<string>;
  /** How often the broker did it. */
  readonly deadLettered: Map<string, number>;
  /** Requeued to the dead queue, because the drain was interrupted. */
  readonly drainedInVain: Set<string>;
  faulty: boolean;
};

export type Api = { readonly process: SimulatedProcess; readonly db: () => Sessions };

const createApi = (
  scheduler: Scheduler,
  [name, store, links]: readonly [string, Store, Set<StoreLink>],
  onDeath: (owner: Owner) => void,
): Api => {
  let db: Sessions | null = null;
  const build = (owner: Owner) => {
    db = openSessions(databaseFor(store, owner, links));
    return [];
  };
  return { process: createProcess({ scheduler, name, build, onDeath }), db: () => db as Sessions };
};

const watch = (world: () => World) => {
  const rowOf = (id: string) => world().bookings.everEnqueued.get(id) ?? world().sessions.everEnqueued.get(id);
  return {
    onRouted: ({ exchange, properties, content }: Copy, queues: readonly unknown[]): void => {
      if (exchange !== eventsExchange.name) return;
      const messageId = String(properties['messageId']);
      const row = rowOf(messageId);
      const intact = row !== undefined && content.toString() === row.envelope;
      world().wire.push({ messageId, queues: queues.length, committed: row !== undefined, intact });
    },
    onDestroyed: ({ properties }: Copy): void => void world().destroyed.add(String(properties['messageId'])),
    onDeadLettered: ({ properties }: Copy): void => {
      const id = String(properties['messageId']);
      world().deadLettered.set(id, (world().deadLettered.get(id) ?? 0) + 1);
    },
    onRequeued: ({ name }: Queue, { properties }: Copy): void => {
      if (name === bookingAcceptedQueue.deadQueue) world().drainedInVain.add(String(properties['messageId']));
    },
  };
};

/** Two services, one broker and clients; nothing is started yet. */
export const createWorld = ({ scheduler, random, swarm }: Pick<World, 'scheduler' | 'random' | 'swarm'>): World => {
  const [brokerLinks, storeLinks] = [new Set<BrokerLink>(), new Set<StoreLink>()];
  const isFaulty = (): boolean => world.faulty;
  const broker = createBroker({
    scheduler,
    random,
    fateOf: () => (isFaulty() ? drawFate(random, swarm.publish, 'fine') : 'fine'),
    ...watch(() => world),
  });
  const storeOptions = {
    scheduler,
    random,
    fateOf: () => (isFaulty() ? drawFate(random, swarm.statement, 'fine') : ('fine' as const)),
    isHeard: () => !isFaulty() || !random.chance(swarm.deafness),
  };
  const [bookings, sessions] = [createStore(storeOptions), createStore(storeOptions)];
  const beforeHandling = (ids: readonly string[]): void => {
    const failing = world.accepted.find(({ event, failuresLeft }) => failuresLeft > 0 && ids.includes(event.id));
    if (!failing) return;
    failing.failuresLeft -= 1;
    throw new Error('the handler failed');
  };
  const surroundings: Surroundings = { broker, brokerLinks, storeLinks, beforeHandling, ...swarm };
  const onDeath = (owner: Owner): void => forget(world, owner);
  const several = (
    count: number,
    name: string,
    build: (owner: Owner) => ReturnType<ReturnType<typeof consumerProcess>>,
  ) =>
    Array.from({ length: count }, (_, at) => createProcess({ scheduler, name: `${name} ${at + 1}`, build, onDeath }));
  const apis = {
    bookings: createApi(scheduler, ['bookings api', bookings, storeLinks], onDeath),
    sessions: createApi(scheduler, ['sessions api', sessions, storeLinks], onDeath),
  };
  const processes = [
    ...several(swarm.relays.bookings, 'bookings relay', relayProcess(surroundings, [bookings, 'bookings'])),
    ...several(swarm.relays.sessions, 'sessions relay', relayProcess(surroundings, [sessions, 'sessions'])),
    ...several(swarm.consumers, 'consumer', consumerProcess(surroundings, sessions)),
    apis.bookings.process,
    apis.sessions.process,
  ];
  const empty = {
    accepted: [],
    operations: [],
    hostile: [],
    wire: [],
    destroyed: new Set<string>(),
    deadLettered: new Map<string, number>(),
    drainedInVain: new Set<string>(),
    deadLinks: [],
  };
  const world: World = {
    scheduler,
    random,
    swarm,
    broker,
    bookings,
    sessions,
    brokerLinks,
    storeLinks,
    processes,
    apis,
    ...empty,
    faulty: true,
  };
  return world;
};

/** What a dead process had sent may still arrive; then the servers notice its end. */
const forget = ({ brokerLinks, storeLinks, deadLinks, random }: World, owner: Owner): void => {
  diesIfTraced(owner);
  for (const link of brokerLinks) {
    if (link.owner !== owner) continue;
    brokerLinks.delete(link);
    deadLinks.push(link);
    if (random.chance(0.5)) link.toServer.drop(random.int(0, 4));
    link.toServer.push(link.server.gone);
  }
  for (const link of storeLinks) {
    if (link.owner !== owner) continue;
    storeLinks.delete(link);
    if (random.chance(0.5)) link.toServer.drop(0);
    link.toServer.hold(0);
    link.toServer.push(link.backend.end);
  }
};

/** Node keeps a composite AbortSignal and everything it references until it is aborted: one world for each history. */
export const release = ({ brokerLinks, deadLinks }: World): void => {
  for (const { client, model } of [...brokerLinks, ...deadLinks]) {
    model.on('error', () => undefined); // its owner died while connecting
    client.onSocketError(new Error('the history is over'));
  }
};
