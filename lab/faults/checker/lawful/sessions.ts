import type { BookingRow, SessionRow } from '../../evidence/evidence.ts';
import type { Action } from '../../evidence/history.ts';
import { moves } from '../moves.ts';
import { sessionEvent, round, settle, LONG_AGO, type Thing, type Changing, type Person, type World } from './world.ts';

type Session = Changing<SessionRow>;

const mayMove = (session: Session, action: Action, { userId, mentorProfileId }: Person): boolean => {
  if (userId === session.mentee_user_id) return action !== 'complete';
  return mentorProfileId === session.mentor_profile_id;
};

/** The consumer's handling of booking.accepted. */
export const schedule = (world: World, booking: BookingRow, acceptedBy: string): Session => {
  const { session_id, accepted_message_id, status: _, ...copied } = booking;
  const session: Session = {
    ...copied,
    id: session_id as string,
    booking_id: booking.id,
    status: 'scheduled',
    version: 1,
    started_by: null,
    completed_by: null,
    accepted_at: LONG_AGO,
    started_at: null,
  };
  world.sessions.push(session);
  world.inbox.push(accepted_message_id as string);
  const created = { id: session.id, from_status: null, to_status: 'scheduled', actor_user_id: acceptedBy };
  world.sessionAudit.push({ ...created, at: LONG_AGO });
  world.events.sessions.push(sessionEvent(world, session, acceptedBy));
  return session;
};

const move = (world: World, session: Session, action: 'start' | 'complete', { userId }: Person): void => {
  const first = world.sessionAudit.find(({ id }) => id === session.id);
  const from_status = session.status;
  const by = action === 'start' ? { started_by: userId, started_at: LONG_AGO } : { completed_by: userId };
  Object.assign(session, by, { status: moves[action]?.to, version: session.version + 1 });
  const moved = { id: session.id, from_status, to_status: session.status, actor_user_id: userId };
  world.sessionAudit.push({ ...moved, at: LONG_AGO });
  world.events.sessions.push(sessionEvent(world, session, first?.actor_user_id as string));
};

/** The users' requests about a session, whether it exists yet or not. */
const sessionThing = (world: World, id: string): Thing => {
  const find = () => world.sessions.find((session) => session.id === id);
  return {
    aggregate: 'session',
    id,
    later: [],
    status: () => find()?.status ?? null,
    attempt: (action, person) => {
      const session = find();
      if (!session) return '404 not-found';
      if (!mayMove(session, action, person)) return '403 forbidden';
      if (action === 'read') return '200';
      if (session.status !== moves[action]?.from) return '409 invalid-transition';
      move(world, session, action as 'start' | 'complete', person);
      return '200';
    },
  };
};

export type Goal = 'scheduled' | 'in_progress' | 'completed';

const acceptedBy = ({ bookingAudit }: World, bookingId: string): string =>
  bookingAudit.find(({ id, to_status }) => id === bookingId && to_status === 'accepted')?.actor_user_id as string;

/** Requested before, while and after it is created, and then changed at least up to `goal`. */
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
