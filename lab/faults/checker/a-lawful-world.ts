import type { BookingRow, Dump, Evidence } from '../evidence/evidence.ts';
import { schedule } from './lawful/sessions.ts';
import { tapeOf, wireOf, createWorld, type World, type Event } from './lawful/world.ts';
import fc from 'fast-check';
import { bookingStory, plots, type Plot } from './lawful/bookings.ts';
import { passTime, timing } from './lawful/time.ts';

const reasons = ['malformed', 'unknown-type', 'unknown-version', 'schema-violation', 'forged-sender', 'handler-failed'];

const letter = ({ deadLetters, tape }: World, message_id: string, reason: string, resolution: string | null = null) =>
  deadLetters.push({ message_id, reason, times_seen: 1 + tape.int(3), resolution, last_error: 'it cannot be' });

/** A message that cannot be handled, and is dead-lettered with one of its reasons. */
const poison = (world: World): void => {
  const id = world.id();
  const lawful = [world.tape.pick(reasons), world.tape.pick(reasons)];
  world.poisoned.set(id, lawful);
  letter(world, id, world.tape.pick(lawful));
};

/** The id of a valid message with other content: the valid one stays handled. */
const otherContent = (world: World, id: string): void => {
  world.poisoned.set(id, ['content-mismatch']);
  letter(world, id, 'content-mismatch');
};

/** Requeued too often without a fault of its own, and handled by the drain. */
const suspect = (world: World, id: string): void => void letter(world, id, 'delivery-limit', 'handled');

/** A valid message sent by the test, for a booking that only the test knows. */
const ownMessage = (world: World): void => {
  const [message, booking] = [world.id(), world.id()];
  world.ownMessages.add(message);
  world.ownBookings.add(booking);
  const row: BookingRow = {
    id: booking,
    listing_id: world.id(),
    mentor_profile_id: world.id(),
    mentee_user_id: world.id(),
    start_time: '2039-02-01 09:00:00+00',
    end_time: '2039-02-01 10:00:00+00',
    status: 'accepted',
    version: 2,
    session_id: world.id(),
    accepted_message_id: message,
    notes: null,
    metadata: '{}',
  };
  schedule(world, { ...row, version: 1 }, world.id());
};

const published = (events: readonly Event[]): Pick<Dump, 'outbox' | 'published'> => ({
  outbox: [],
  published: events.map(({ row }) => row),
});

/** Events whose messages are lost are written to the outbox again, as the runbook says, with the same ids. */
const sentAgain = ({ tape }: World, events: readonly Event[]): Event[] => events.filter(() => tape.chance(0.1));

const troubleOnTheWay = (world: World): void => {
  const { tape } = world;
  const accepted = world.bookings.flatMap(({ accepted_message_id: id }) => (id ? [id] : []));
  while (tape.chance(0.3)) poison(world);
  while (tape.chance(0.3)) ownMessage(world);
  for (const id of accepted) {
    if (tape.chance(0.1)) otherContent(world, id);
    if (tape.chance(0.1)) suspect(world, id);
  }
};

/** How bookings handled session events; those of unknown bookings are dead-lettered. */
const heardByBookings = ({ events, sessions, ownBookings }: World) => {
  const own = new Set(sessions.filter(({ booking_id }) => ownBookings.has(booking_id)).map(({ id }) => id));
  const isOwn = ({ row }: Event): boolean => own.has(row.aggregate_id);
  const kept = { reason: 'unknown-booking', times_seen: 1, resolution: null, last_error: 'not accepted here' };
  return {
    inbox: events.sessions.filter((event) => !isOwn(event)).map(({ row }) => row.message_id),
    deadLetters: events.sessions.filter(isOwn).map(({ row }) => ({ message_id: row.message_id, ...kept })),
  };
};

const evidenceOf = (world: World, now: number): Evidence => {
  const { tape, events, bookings, sessions, poisoned, ownMessages, ownBookings } = world;
  const wire = wireOf(world);
  const wireHasGaps = tape.chance(0.1);
  return {
    operations: world.operations,
    bookings: {
      ...published([...events.bookings, ...sentAgain(world, events.bookings)]),
      bookings,
      audit: world.bookingAudit,
      timerEvents: world.timerEvents.bookings,
      ...heardByBookings(world),
    },
    sessions: {
      ...published(events.sessions),
      sessions,
      audit: world.sessionAudit,
      timerEvents: world.timerEvents.sessions,
      deadLetters: world.deadLetters,
      inbox: world.inbox,
    },
    wire: wireHasGaps ? wire.filter(() => tape.chance(0.7)) : wire,
    queues: ['sessions.booking-accepted', 'sessions.booking-accepted.dead'].map((queue) => ({ queue, messages: 0 })),
    poisoned,
    ownMessages,
    ownBookings,
    wireHasGaps,
    timing,
    now,
    leaks: [],
  };
};

const live = (tape: readonly number[], chosen: readonly Plot[]): Evidence => {
  const world = createWorld(tapeOf(tape));
  for (const plot of chosen) bookingStory(world, plot);
  troubleOnTheWay(world);
  return evidenceOf(world, passTime(world));
};

const tape = fc.array(fc.nat(999), { maxLength: 500, size: 'max' });

/** Lawful evidence: any user actions, lost and duplicate messages, poison. */
export const aLawfulWorld = fc
  .tuple(tape, fc.array(fc.constantFrom(...plots), { maxLength: 8 }))
  .map(([chance, chosen]) => live(chance, chosen));

/** A world in which something of every kind has happened. */
export const aFullWorld = fc
  .tuple(tape, fc.shuffledSubarray([...plots], { minLength: plots.length }))
  .map(([chance, chosen]) => live(chance, chosen));
