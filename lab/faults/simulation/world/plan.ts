import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { BookingAccepted } from '@mentor-sessions/contracts';
import { acceptedBooking } from './bookings.ts';
import { accept, transit, type Operation } from './clients.ts';
import { newId } from './ids.ts';
import type { Api, World } from './world.ts';

/** The minimum number of tries before a message is dead-lettered as failed. */
const SURVIVABLE_FAILURES = 3;
const TRY_AGAIN_MS = 3_000;
const TRIES = 5;

const mentorOf = ({ acceptedBy, mentorProfileId }: BookingAccepted): Actor => ({
  userId: acceptedBy,
  roles: ['mentor'],
  mentorProfileId,
});
const menteeOf = ({ menteeUserId }: BookingAccepted): Actor =>
  ({ userId: menteeUserId, roles: ['mentee'], mentorProfileId: undefined }) as unknown as Actor;

/** Sends a request to an API process; if it is down, nothing was sent. */
const ask = (
  { scheduler, operations }: World,
  { process, db }: Api,
  { operation, work }: { operation: Operation; work: (db: ReturnType<Api['db']>) => Promise<void> },
): boolean => {
  const owner = process.owner();
  if (!owner) return false;
  operations.push(operation);
  scheduler.pipe(owner).push(() => void work(db()));
  return true;
};

const operationOf = (world: World, kind: Operation['kind'], [id, actor]: readonly [string, Actor]): Operation => ({
  kind,
  id,
  actor,
  messageId: newId(world.random),
  outcome: 'under way',
  code: '',
});

/** Retries until the session exists and the transition is not too early. */
const transitionLater = (
  world: World,
  [kind, id, actor]: readonly ['start' | 'complete', string, Actor],
  tries = TRIES,
): void => {
  const { scheduler, random, apis } = world;
  scheduler.timer(null, random.int(0, TRY_AGAIN_MS), () => {
    const operation = operationOf(world, kind, [id, actor]);
    const asked = ask(world, apis.sessions, { operation, work: (db) => transit(db, operation).then(again) });
    if (!asked) again();
    function again(): void {
      const isOver =
        operation.outcome !== 'under way' &&
        !['not-found', 'invalid-transition', 'unavailable'].includes(operation.code);
      if (!isOver && tries > 1) transitionLater(world, [kind, id, actor], tries - 1);
    }
  });
};

const planBooking = (world: World): void => {
  const { random, swarm, scheduler, accepted, apis } = world;
  const event = acceptedBooking(random);
  const { data } = event;
  const fails = random.chance(swarm.handlerFailures);
  const howLong = fails ? random.pick(['at first', 'at first', 'forever'] as const) : 'never';
  const failuresLeft = { never: 0, 'at first': random.int(1, SURVIVABLE_FAILURES), forever: Infinity }[howLong];
  accepted.push({ event, fails: howLong, failuresLeft });
  scheduler.timer(null, random.int(0, swarm.faultsEndAt / 2), () => {
    const operation = { ...operationOf(world, 'accept', [data.bookingId, mentorOf(data)]), messageId: event.id };
    ask(world, apis.bookings, { operation, work: (db) => accept(db, operation, event) });
  });
  const [mentor, mentee] = [mentorOf(data), menteeOf(data)];
  for (let starts = random.int(0, 2); starts > 0; starts--)
    transitionLater(world, ['start', data.sessionId, random.pick([mentor, mentee])]);
  for (let ends = random.int(0, 2); ends > 0; ends--)
    transitionLater(world, ['complete', data.sessionId, random.chance(0.8) ? mentor : mentee]);
};

/** The clients' requests in this history. */
export const plan = (world: World): void => {
  for (let left = world.swarm.bookings; left > 0; left--) planBooking(world);
};
