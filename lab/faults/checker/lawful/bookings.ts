import type { BookingRow } from '../../evidence/evidence.ts';
import type { Action } from '../../evidence/history.ts';
import { moves } from '../moves.ts';
import { actorOf, round, settle, bookingEvent, LONG_AGO } from './world.ts';
import type { Thing, Changing, Person, World } from './world.ts';
import { sessionStory, type Goal } from './sessions.ts';

type Booking = Changing<BookingRow>;
type Hour = ReturnType<World['hour']>;

const createDraft = (world: World, { start, end }: Hour): Booking => {
  const { mentee, mentor } = world.people;
  const booking: Booking = {
    id: world.id(),
    listing_id: world.id(),
    mentor_profile_id: mentor.mentorProfileId as string,
    mentee_user_id: mentee.userId,
    start_time: start,
    end_time: end,
    status: 'draft',
    version: 1,
    session_id: null,
    accepted_message_id: null,
    metadata: '{"from": "a lawful world"}',
    notes: world.tape.chance(0.3) ? null : `canary ☕ of "${world.id()}"`,
  };
  world.bookings.push(booking);
  const created = { id: booking.id, from_status: null, to_status: 'draft', actor_user_id: mentee.userId };
  world.bookingAudit.push({ ...created, at: LONG_AGO });
  world.events.bookings.push(bookingEvent(world, booking, mentee.userId));
  return booking;
};

/** Requested until there is a response; each request without one may have created a booking unknown to everyone. */
const createBooking = (world: World, hour: Hour): Booking => {
  const { operations, people, tape, tick } = world;
  const ask = () =>
    ({ action: 'create', aggregate: 'booking', ...actorOf(world, people.mentee), invokedAt: tick() }) as const;
  const end = () => ({ n: operations.length, endedAt: tick() });
  for (let again = 0; again < 2 && tape.chance(0.15); again++) {
    const asked = ask();
    if (tape.chance(0.5)) createDraft(world, hour);
    operations.push({ ...asked, ...end(), id: null, outcome: 'info', answer: 'ECONNRESET', status: null });
  }
  const asked = ask();
  const booking = createDraft(world, hour);
  operations.push({ ...asked, ...end(), id: booking.id, outcome: 'ok', answer: '201', status: 'draft' });
  return booking;
};

const isTaken = ({ bookings }: World, booking: Booking): boolean =>
  bookings.some(({ status, start_time }) => status === 'accepted' && start_time === booking.start_time);

const mayDecide = (booking: Booking, action: Action, { userId, mentorProfileId }: Person): boolean => {
  const isMentee = userId === booking.mentee_user_id;
  const isMentor = mentorProfileId === booking.mentor_profile_id && !isMentee;
  return action === 'cancel' ? isMentee : isMentor;
};

/** The users' requests about a booking. */
const bookingThing = (world: World, booking: Booking): Thing => ({
  aggregate: 'booking',
  id: booking.id,
  status: () => booking.status,
  later: [],
  attempt: (action, person) => {
    if (action === 'read') return '200';
    if (!mayDecide(booking, action, person)) return '403 forbidden';
    if (booking.status !== 'draft') return '409 invalid-transition';
    const to = moves[action]?.to as Booking['status'];
    if (to === 'accepted' && isTaken(world, booking)) return '409 mentor-double-booked';
    Object.assign(booking, { status: to, version: 2 });
    const decided = { id: booking.id, from_status: 'draft', to_status: to, actor_user_id: person.userId };
    world.bookingAudit.push({ ...decided, at: LONG_AGO });
    if (to === 'accepted') Object.assign(booking, { session_id: world.id(), accepted_message_id: world.id() });
    world.events.bookings.push(bookingEvent(world, booking, person.userId));
    return '200';
  },
});

export const plots = [
  'idle',
  'declined',
  'cancelled',
  'race',
  'rivals',
  'scheduled',
  'in_progress',
  'completed',
] as const;
export type Plot = (typeof plots)[number];

const isGoal = (plot: Plot): plot is Goal => plot === 'scheduled' || plot === 'in_progress' || plot === 'completed';

/** One or two requests for an hour, and their outcome. */
export const bookingStory = (world: World, plot: Plot): void => {
  const { tape, people } = world;
  const { mentor, colleague, mentee, stranger } = people;
  const hour = world.hour();
  const bookings = [hour, ...(plot === 'rivals' ? [hour] : [])].map((each) => createBooking(world, each));
  for (const booking of bookings) {
    const thing = bookingThing(world, booking);
    const ask = (...asks: Parameters<typeof round>[2]) => round(world, thing, asks);
    const isOpen = () => thing.status() === 'draft';
    if (tape.chance(0.1)) ask(['read', mentee]);
    if (tape.chance(0.2)) ask(['accept', stranger], ['accept', mentee]);
    if (plot === 'declined') while (isOpen()) ask(['decline', mentor]);
    if (plot === 'cancelled') while (isOpen()) ask(['cancel', mentee], ['read', mentor]);
    if (plot === 'race') ask(['accept', mentor], ['cancel', mentee], ['accept', colleague]);
    if (plot === 'rivals') ask(['accept', mentor], ['read', mentor]);
    if (isGoal(plot)) while (isOpen()) ask(['accept', tape.pick([mentor, colleague])]);
    if (tape.chance(0.2)) ask(['accept', mentor], ['cancel', mentee]);
    if (tape.chance(0.5)) ask(['read', mentee]);
    settle(world, thing);
    const goal = isGoal(plot) ? plot : tape.pick(['scheduled', 'in_progress', 'completed'] as const);
    if (booking.status === 'accepted') sessionStory(world, booking, goal);
  }
};
