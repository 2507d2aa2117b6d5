import { bookingAcceptedQueue } from '@mentor-sessions/contracts';
import type { Fault } from '../fault.ts';
import { bindSpy, stateOf, takeAllAndDie, unbindSpy } from '../evidence/spy.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { managementOf, vhostOf } from './broker.ts';
import { countOf, expectWithin, seconds, untilNextSession, untilPublished } from './steps.ts';

const queue = bookingAcceptedQueue.name;

const deleteQueue = (world: FaultWorld, name: string) => managementOf(world).delete(`queues/${vhostOf(world)}/${name}`);

/** As the runbook says: writes the events of bookings without a session to the outbox again. */
const sendAgain = async (world: FaultWorld): Promise<number> => {
  const known = await world.rows.sessions.query<{ message_id: string }>('select message_id from accepted_bookings');
  const again = await world.rows.bookings.query(
    `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
     select message_id, aggregate_id, sequence, type, lane, envelope from outbox_published
     where type = 'booking.accepted' and not message_id = any($1)
     on conflict do nothing returning message_id`,
    [known.map(({ message_id }) => message_id)],
  );
  return again.length;
};

/** Resolves when nothing is in flight. */
const reconcile = async (world: FaultWorld): Promise<number> => {
  await world.workload.more(20);
  await world.workload.pause();
  await untilPublished(world, 'bookings', 20_000);
  await seconds(1);
  return sendAgain(world);
};

const queueDeleted: Fault = {
  id: 'F27',
  name: 'queue deleted under the consumer',
  promise: 'redeclared at once; its messages are republished by the runbook',
  how: 'the queue of accepted bookings is deleted five times under load; at the end the events without a session are put into the outbox again',
  run: async (world) => {
    for (let count = 0; count < 5; count++) {
      await world.workload.more(40);
      await deleteQueue(world, queue);
      await untilNextSession(world);
      if (world.broken.length > 0) break;
    }
    return `deleted 5 times; ${await reconcile(world)} messages were in it and sent again`;
  },
};

const bindingOf = (world: FaultWorld) => `bindings/${vhostOf(world)}/e/mentoring.events/q/${queue}`;

const isBound = async (world: FaultWorld): Promise<boolean> => {
  const bindings = managementOf(world).get<unknown[]>(bindingOf(world));
  return (await bindings.catch(() => [])).length > 0;
};

const removeBinding = async (world: FaultWorld): Promise<string> => {
  await managementOf(world).delete(`${bindingOf(world)}/booking.accepted`);
  const startedAt = performance.now();
  await expectWithin(world, 40_000, 'the binding comes back', () => isBound(world));
  return `the binding was back after ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`;
};

const unroutable: Fault = {
  id: 'F28',
  name: 'exchange deleted',
  promise: 'nothing unroutable counts as published; redeclared within 30 s',
  how: 'the exchange is deleted twice under load; the spy binds itself again after the sessions service, or it would mask it (F28 masked)',
  setting: () => ({ load: { perSecond: 20 } }),
  run: async (world) => {
    world.doings.wireHasGaps = true; // a subscriber's binding is deleted with the exchange
    for (let count = 0; count < 2; count++) {
      await world.workload.more(40);
      await managementOf(world).delete(`exchanges/${vhostOf(world)}/mentoring.events`);
      await expectWithin(world, 40_000, 'exchange and binding come back', () => isBound(world));
      await bindSpy(world.stack.amqpUrl);
      await untilNextSession(world);
    }
    return 'deleted twice';
  },
};

const unbound: Fault = {
  id: 'F28 binding',
  name: 'binding removed, no other queue bound',
  promise: 'booking.accepted stays in the outbox until the binding is back',
  how: 'the binding of the queue is deleted under load; the consumer declares it again within 30 s',
  setting: () => ({ load: { perSecond: 20 } }),
  run: async (world) => {
    world.doings.wireHasGaps = true;
    await world.workload.more(40);
    await unbindSpy(world.stack.amqpUrl); // a message that reaches any queue is not returned
    const seen = await removeBinding(world);
    await bindSpy(world.stack.amqpUrl);
    return seen;
  },
};

const masked: Fault = {
  id: 'F28 masked',
  name: 'binding removed, another queue bound',
  promise: 'messages published meanwhile are republished by the runbook',
  how: 'as before, with the spy bound to everything; at the end the events without a session are put into the outbox again',
  setting: () => ({ load: { perSecond: 20 } }),
  run: async (world) => {
    await world.workload.more(40);
    const seen = await removeBinding(world);
    return `${seen}; ${await reconcile(world)} messages were published meanwhile and sent again`;
  },
};

const deadQueueDeleted: Fault = {
  id: 'F30',
  name: 'dead queue and dead-letter exchange deleted',
  promise: 'both are redeclared; invalid messages are still kept',
  how: 'both deleted under load; a message is given back beyond its delivery limit before and after',
  run: async (world) => {
    await world.workload.more(60);
    await deleteQueue(world, `${queue}.dead`);
    await managementOf(world).delete(`exchanges/${vhostOf(world)}/sessions.dead`);
    await world.workload.more(60);
    const isBack = async () => (await stateOf(world.stack.amqpUrl, `${queue}.dead`)) !== null;
    await expectWithin(world, 40_000, 'the dead queue is declared again', isBack);
    return 'both declared again';
  },
};

const deliveryLimit: Fault = {
  id: 'F30 limit',
  name: 'messages beyond their delivery limit',
  promise: 'they wait until the dead queue is back, then are handled',
  how: 'the consumer is paused by its operator and stands still; the dead queue is deleted; another consumer takes all that waits and dies, until that was once too often',
  setting: () => ({ load: { perSecond: 15 } }),
  run: async (world) => {
    const { sessions } = world.rows;
    const { amqpUrl } = world.stack;
    const consumer = world.role('sessions consumer').current();
    const isLeftAlone = async () => (await stateOf(amqpUrl, queue))?.consumers === 0;
    await world.workload.more(30);
    await sessions.query(`insert into paused_workers (target, paused_by, reason) values ('consumer', 'faults', 'F30')`);
    await expectWithin(world, 30_000, 'the fault happened: no one consumes', isLeftAlone);
    consumer.signal('SIGSTOP');
    await world.workload.more(30);
    const isTooOften = async () => {
      await deleteQueue(world, `${queue}.dead`); // its consumer declares it again when it resumes
      return (await takeAllAndDie(amqpUrl, queue)) >= bookingAcceptedQueue.deliveryLimit;
    };
    await expectWithin(world, 60_000, 'the fault happened: messages were delivered too often', isTooOften);
    await isTooOften(); // when this is answered, the broker has dead-lettered the messages
    await sessions.query('delete from paused_workers');
    consumer.signal('SIGCONT');
    const died = () => countOf(world, 'sessions', "dead_letters where reason = 'delivery-limit'");
    const says = 'the fault happened: messages came by the dead queue';
    await expectWithin(world, 40_000, says, async () => (await died()) > 0);
    return `${await died()} messages came by the dead queue so far`;
  },
};

export const topology: readonly Fault[] = [queueDeleted, unroutable, unbound, masked, deadQueueDeleted, deliveryLimit];
