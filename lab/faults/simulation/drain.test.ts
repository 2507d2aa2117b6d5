import { expect, test } from '@jest/globals';
import { bookingAccepted, bookingAcceptedQueue, envelope, eventsExchange } from '@mentor-sessions/contracts';
import type { BookingAccepted } from '@mentor-sessions/contracts';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createDrain, type Subscription } from '@mentor-sessions/messaging';
import { randomOf } from '../random.ts';
import { createBroker } from './broker/broker.ts';
import { connectFor } from './broker/connect.ts';
import { createPump } from './clock/pump.ts';
import { databaseOn } from './store/database.ts';
import { createPool } from './store/pool.ts';
import { createStore, type StatementFate } from './store/store.ts';
import { acceptedBooking } from './world/bookings.ts';
import { consumerMetrics, log } from './world/quiet.ts';

const subscription: Subscription<BookingAccepted> = {
  queue: bookingAcceptedQueue,
  envelope,
  events: [bookingAccepted],
  sender: 'bookings',
  handle: async (tx, messages) =>
    void (await tx.query({ name: 'simulated-effect', text: '' }, [messages.map(({ id }) => id)])),
};

/** A drain of a dead queue whose database loses the response to one statement after running it. */
const startDrain = async (loses: string) => {
  const random = randomOf('drain');
  const scheduler = createPump(random);
  const broker = createBroker({ scheduler, random });
  const lost: string[] = [];
  const fateOf = (name: string): StatementFate => {
    if (name !== loses || lost.length > 0) return 'fine';
    lost.push(name);
    return 'done, answer lost';
  };
  const store = createStore({ scheduler, random, fateOf });
  const connect = connectFor({ broker, owner: null, links: new Set() });
  const drain = createDrain({
    broker: { urls: ['amqp://sessions@simulated'], name: 'drain', connect },
    topology: { exchange: eventsExchange, queues: [bookingAcceptedQueue] },
    database: databaseOn(createPool({ store, owner: null, links: new Set() })),
    subscription,
    metrics: consumerMetrics,
    onCommitted: () => undefined,
    log,
  });
  await drain.start();
  const dead = await eventually(() => broker.queues.get(bookingAcceptedQueue.deadQueue));
  return { drain, dead, store, lost };
};

// found by the simulation: the drain took its own mark, whose response was lost, for that of a process killed by the message
test.each(['dead-letter-store', 'dead-letter-tried', 'commit', 'dead-letter-handled'])(
  'an innocent message of the dead queue is handled once although the answer to %s is lost',
  async (loses) => {
    const { drain, dead, store, lost } = await startDrain(loses);
    const event = acceptedBooking(randomOf(loses));
    dead.enqueue({
      exchange: bookingAcceptedQueue.deadLetterExchange,
      routingKey: bookingAcceptedQueue.name,
      properties: { messageId: event.id, userId: 'bookings' },
      content: Buffer.from(JSON.stringify(event)),
      deliveries: 0,
    });
    await eventually(() => store.deadLetters.committed().at(0)?.resolution === 'handled', {
      describe: 'it is handled',
    });
    expect({ lost, effects: store.effects }).toEqual({ lost: [loses], effects: [event.id] });
    await drain.stop();
  },
);
