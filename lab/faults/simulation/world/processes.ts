import { bookingAcceptedQueue, contentType, eventsExchange, mustReachAQueue } from '@mentor-sessions/contracts';
import { bookingAccepted, envelope, type BookingAccepted } from '@mentor-sessions/contracts';
import { createAnnouncer, createConsumer, createDrain, createPublisher, createRelay } from '@mentor-sessions/messaging';
import type { Subscription, Topology } from '@mentor-sessions/messaging';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { scheduleSessions } from '@mentor-sessions/sessions/use-cases/schedule-sessions';
import { connectFor, type BrokerLink } from '../broker/connect.ts';
import type { Broker } from '../broker/types.ts';
import type { Owner } from '../clock/scheduler.ts';
import { databaseOn } from '../store/database.ts';
import { createPool, type StoreLink } from '../store/pool.ts';
import type { Store } from '../store/store.ts';
import { newId } from './ids.ts';
import { consumerMetrics, log, relayMetrics } from './quiet.ts';
import { watchIfTraced } from './traced.ts';
import { simulatedWakeUp } from './wake-up.ts';

export type Surroundings = {
  readonly broker: Broker;
  readonly brokerLinks: Set<BrokerLink>;
  readonly storeLinks: Set<StoreLink>;
  /** Called before the effect; throws for messages that must fail. */
  readonly beforeHandling: (messageIds: readonly string[]) => void;
  readonly deliveryLimit: number;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly pollMs: number;
};

const topologyOf = ({ deliveryLimit }: Surroundings): Topology => ({
  exchange: eventsExchange,
  queues: [{ ...bookingAcceptedQueue, deliveryLimit }],
});

const addressOf = ({ broker, brokerLinks }: Surroundings, user: string, owner: Owner) => ({
  urls: [`amqp://${user}@simulated`],
  name: owner.name,
  connect: connectFor({ broker, owner, links: brokerLinks }),
});

export const databaseFor = (store: Store, owner: Owner, links: Set<StoreLink>) =>
  databaseOn(createPool({ store, owner, links, onOpened: (client) => watchIfTraced(client, owner) }));

/** The relay role of one of the services. */
export const relayProcess =
  (surroundings: Surroundings, [store, service]: readonly [Store, 'bookings' | 'sessions']) =>
  (owner: Owner): Component[] => {
    const topology = service === 'sessions' ? topologyOf(surroundings) : { exchange: eventsExchange, queues: [] };
    const publisher = createPublisher({ broker: addressOf(surroundings, service, owner), topology, contentType, log });
    const wakeUp = simulatedWakeUp(store, owner);
    const database = databaseFor(store, owner, surroundings.storeLinks);
    const { batchSize, concurrency, pollMs } = surroundings;
    return [
      publisher,
      wakeUp,
      createRelay({
        database,
        publisher,
        wakeUp,
        mustReachAQueue,
        metrics: relayMetrics,
        log,
        batchSize,
        concurrency,
        pollMs,
        raiseMarksMs: 0, // after each batch, the maximum frequency
      }),
    ];
  };

const subscription = ({ beforeHandling, broker: { random } }: Surroundings): Subscription<BookingAccepted> => ({
  queue: bookingAcceptedQueue,
  envelope,
  events: [bookingAccepted],
  sender: 'bookings',
  handle: async (tx, messages) => {
    const ids = messages.map(({ id }) => id);
    beforeHandling(ids);
    await tx.query({ name: 'simulated-effect', text: '' }, [ids]);
    await scheduleSessions(tx, messages, () => newId(random));
  },
});

/** The consumer role of the sessions service. */
export const consumerProcess =
  (surroundings: Surroundings, store: Store) =>
  (owner: Owner): Component[] => {
    const database = databaseFor(store, owner, surroundings.storeLinks);
    const options = {
      broker: addressOf(surroundings, 'sessions', owner),
      topology: topologyOf(surroundings),
      database,
      subscription: subscription(surroundings),
      metrics: consumerMetrics,
      onCommitted: createAnnouncer(database),
      log,
      batchSize: surroundings.batchSize,
    };
    return [createConsumer(options), createDrain(options)];
  };
