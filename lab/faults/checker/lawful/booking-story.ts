import { round, settle } from './asking.ts';
import { bookingThing, createBooking } from './booking-life.ts';
import { sessionStory } from './session-story.ts';
import type { Goal } from './session-story.ts';
import type { World } from './world.ts';

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

/** One request for an hour, or two, and what becomes of them. */
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
