import { sessionEventsQueue } from '@mentor-sessions/contracts';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { services, type Service } from '../world/roles.ts';
import { managementOf, vhostOf } from './broker.ts';
import { opsAnswer } from './ops-answer.ts';
import { countOf, expectWithin, seconds, setWorkers, untilPublished } from './steps.ts';

const because = ['--because', 'a fault of the suite'];

type Answer = Readonly<Record<string, never>> & { outcome?: string; news?: readonly object[]; overdue?: number };

const answerOf = opsAnswer<Answer>;

const option = { bookings: '--booking', sessions: '--session' } as const;

/** Deletes all waiting rows of every third aggregate, as someone with the owner's password could. */
const deleteEvents = (world: FaultWorld, service: Service): Promise<{ id: string }[]> =>
  world.rows[service].query<{ id: string }>(
    `with waiting as (select distinct aggregate_id from outbox order by aggregate_id),
       lost as (select aggregate_id from (select aggregate_id, row_number() over () as n from waiting) numbered where n % 3 = 0 limit 6),
       gone as (delete from outbox where aggregate_id in (select aggregate_id from lost))
     select aggregate_id as id from lost`,
  );

const deleteAndEmit = async (world: FaultWorld, service: Service): Promise<number> => {
  const deleted = await deleteEvents(world, service);
  for (const { id } of deleted) {
    const first = await answerOf(world, 'events', 'emit', option[service], id, ...because);
    world.expect(first.outcome === 'emitted', 'what is missing is emitted', { id, first });
    const second = await answerOf(world, 'events', 'emit', option[service], id, ...because);
    world.expect(second.outcome === 'refused', 'what is there is not emitted again', { id, second });
  }
  return deleted.length;
};

const expectWaiting = (world: FaultWorld, service: Service): Promise<boolean> =>
  expectWithin(world, 30_000, `${service} events wait`, async () => (await countOf(world, service, 'outbox')) > 9);

const missing: Fault = {
  id: 'F46',
  name: 'unpublished events deleted by hand',
  promise: '`ops events emit` republishes exactly them, in order',
  how: 'relays stand still under load; all waiting rows of some bookings and sessions are deleted, then emitted by the command line, twice',
  run: async (world) => {
    await world.workload.more(60);
    try {
      await setWorkers(world, 'pause', 'relay', ['sessions']);
      await world.workload.more(60);
      await expectWaiting(world, 'sessions');
      await setWorkers(world, 'pause', 'relay', ['bookings']);
      await expectWaiting(world, 'bookings');
      await world.workload.pause();
      await seconds(3); // existing sessions are started and completed
      let emitted = 0;
      for (const service of services) emitted += await deleteAndEmit(world, service);
      world.expect(emitted > 3, 'events were deleted', emitted);
      return `the events of ${emitted} bookings and sessions were deleted, and emitted again`;
    } finally {
      await setWorkers(world, 'resume', 'relay');
    }
  },
};

const queue = sessionEventsQueue.name;

type Losing = (world: FaultWorld) => Promise<void>;
type Loss = Pick<Fault, 'promise' | 'how'> & { readonly lose: Losing; readonly isLost: boolean };

const purge: Losing = async (world) => {
  await managementOf(world).delete(`queues/${vhostOf(world)}/${queue}/contents`);
};

const expire: Losing = async (world) => {
  const management = managementOf(world);
  const policy = `policies/${vhostOf(world)}/short-lived`;
  await management.put(policy, { pattern: `^${queue}$`, definition: { 'message-ttl': 1 }, 'apply-to': 'queues' });
  await seconds(3);
  await management.delete(policy);
};

/** Expired messages are dead letters of bookings until an operator resolves them. */
const keepExpired = async (world: FaultWorld): Promise<void> => {
  const letters = await world.rows.bookings.query<{ message_id: string; reason: string }>(
    'select message_id, reason from dead_letters',
  );
  for (const { message_id: id, reason } of letters) world.doings.poisoned.set(id, [reason]);
};

/** Repeats until nothing differs: each run publishes at most 500. */
const repair = async (world: FaultWorld): Promise<number> => {
  let found = 0;
  const isDone = async () => {
    const { news = [] } = await answerOf(world, 'reconcile', '--older-than', '2', '--emit', ...because);
    found = Math.max(found, news.length);
    return news.length === 0;
  };
  await expectWithin(world, 60_000, 'ops reconcile --emit repairs it', isDone);
  return found;
};

const losing = (id: string, name: string, { how, lose, promise, isLost }: Loss): Fault => ({
  id,
  name,
  promise,
  how,
  run: async (world) => {
    world.doings.statesMustAgree = true;
    for (let count = 0; count < 2; count++) {
      await world.workload.more(60);
      await setWorkers(world, 'pause', 'consumer', ['bookings']);
      await world.workload.more(60);
      await seconds(2);
      await lose(world);
      await setWorkers(world, 'resume', 'consumer', ['bookings']);
    }
    await world.workload.pause();
    await untilPublished(world, 'sessions', 20_000);
    await seconds(4);
    const differing = await repair(world);
    if (isLost) world.expect(differing > 0, 'the loss is shown');
    await keepExpired(world);
    return `lost twice; bookings did not know the state of ${differing} sessions`;
  },
});

export const lostEvents: readonly Fault[] = [
  missing,
  losing('F51', 'session events purged before bookings receives them', {
    how: 'the bookings consumer stands still twice under load, and its queue is purged meanwhile',
    promise: '`ops reconcile` lists them; one command repairs all',
    lose: purge,
    isLost: true,
  }),
  losing('F51 expiry', 'a policy lets session events expire', {
    how: 'the same, with a message-ttl policy of a millisecond on its queue',
    promise: 'the drain handles them; one command repairs the rest',
    lose: expire,
    isLost: false,
  }),
];
