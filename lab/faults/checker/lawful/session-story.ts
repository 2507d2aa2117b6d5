import type { BookingRow } from '../../evidence/evidence.ts';
import { round, settle } from './asking.ts';
import { schedule, sessionThing } from './session-life.ts';
import type { World } from './world.ts';

export type Goal = 'scheduled' | 'in_progress' | 'completed';

const acceptedBy = ({ bookingAudit }: World, bookingId: string): string =>
  bookingAudit.find(({ id, to_status }) => id === bookingId && to_status === 'accepted')?.actor_user_id as string;

/** Asked for before it is there, while it comes to be, and then moved on at least as far as `goal`. */
export const sessionStory = (world: World, booking: BookingRow, goal: Goal): void => {
  const { tape, people } = world;
  const { mentor, colleague, mentee, stranger } = people;
  const thing = sessionThing(world, booking.session_id as string);
  const ask = (...asks: Parameters<typeof round>[2]) => round(world, thing, asks);
  if (tape.chance(0.3)) ask(['read', mentee]);
  if (tape.chance(0.2)) ask(['start', mentor]);
  thing.later.push(() => void schedule(world, booking, acceptedBy(world, booking.id)));
  if (tape.chance(0.5)) ask(['read', mentee], ['read', mentor]);
  for (const effect of thing.later.splice(0)) effect();
  if (tape.chance(0.2)) ask(['complete', mentor], ['start', stranger]);
  while (goal !== 'scheduled' && thing.status() === 'scheduled')
    if (tape.chance(0.4)) ask(['start', mentor], ['start', mentee], ['read', mentee]);
    else ask(['start', mentor]);
  if (tape.chance(0.3)) ask(['complete', mentee], ['read', mentee], ['read', colleague]);
  while (goal === 'completed' && thing.status() === 'in_progress')
    if (tape.chance(0.4)) ask(['complete', mentor], ['complete', colleague]);
    else ask(['complete', colleague]);
  if (tape.chance(0.3)) ask(['start', mentor], ['read', mentee]);
  settle(world, thing);
};
