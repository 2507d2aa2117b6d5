import type { Breakage, Broken, Session } from './world.ts';
import {
  ask,
  auditOf,
  bookingsThatAre,
  broken,
  brokenBooking,
  brokenSession,
  drop,
  isEvent,
  newId,
  sayOtherwise,
} from './world.ts';

const columns = { start: ['in_progress', 'started'], complete: ['completed', 'completed'] } as const;

/** Every record of the system names this person. */
const letDo = (world: Broken, session: Session, action: 'start' | 'complete', userId: string): void => {
  const [status, done] = columns[action];
  auditOf(world.sessions.audit, session.id, status).actor_user_id = userId;
  Object.assign(session, { [`${done}_by`]: userId });
  for (const type of ['session.started', 'session.completed'])
    sayOtherwise(world, isEvent(type, session.id), ({ data }) => {
      if (data[`${done}By`]) data[`${done}By`] = userId;
    });
  drop(world.operations, (each) => each.id === session.id && each.actor === userId && each.action === action);
  for (const operation of world.operations) {
    if (operation.id !== session.id || operation.action !== action || operation.outcome === 'fail') continue;
    operation.actor = userId;
    delete operation.mentorProfileId;
  }
};

export const wrongPeople: readonly Breakage[] = [
  brokenSession('a mentee completed a session', { by: ['I5'] }, ['completed'], (session, world) => {
    letDo(world, session, 'complete', session.mentee_user_id);
  }),
  brokenSession('a stranger started a session', { by: ['I5'] }, ['completed'], (session, world, pick) => {
    const stranger = newId();
    letDo(world, session, 'start', stranger);
    for (const operation of world.operations)
      if (operation.actor === stranger) operation.mentorProfileId = pick([newId(), null]);
  }),
  brokenSession(
    'a change is another’s than the one it was answered to',
    { by: ['I4', 'I5', 'I7'] },
    ['completed'],
    ({ id }, world) => {
      auditOf(world.sessions.audit, id, 'completed').actor_user_id = newId();
      world.sessions.sessions.filter((each) => each.id === id).forEach((each) => (each.completed_by = newId()));
    },
  ),
  brokenBooking('another mentee cancelled a booking', { by: ['I5', 'I7'] }, 'cancelled', ({ id }, world) => {
    const stranger = newId();
    auditOf(world.bookings.audit, id, 'cancelled').actor_user_id = stranger;
    for (const operation of world.operations)
      if (operation.id === id && operation.action === 'cancel') operation.actor = stranger;
  }),
  broken('a mentee is refused what is hers', { by: ['I5'] }, (world, pick) => {
    const { id, mentee_user_id: actor } = pick(world.bookings.bookings);
    ask(world, { action: 'read', aggregate: 'booking', id, actor, outcome: 'fail', answer: '403 forbidden' });
    return id;
  }),
  brokenBooking(
    'a mentor is refused what is theirs',
    { by: ['I5'] },
    'draft',
    ({ id, mentor_profile_id: mentorProfileId }, world) => {
      const refused = { outcome: 'fail', answer: '403 forbidden' } as const;
      ask(world, { action: 'accept', aggregate: 'booking', id, actor: newId(), mentorProfileId, ...refused });
    },
  ),
  broken('a booking that was answered is gone', { by: ['I5', 'I7'], also: ['I6', 'I13'] }, (world, pick) => {
    const { id } = pick(bookingsThatAre(world, 'draft').filter(isNamed(world)));
    drop(world.bookings.bookings, (booking) => booking.id === id);
    drop(world.bookings.audit, (row) => row.id === id);
    return id;
  }),
  broken('there are more bookings than were asked for', { by: ['I5', 'I7'], also: ['I13'] }, (world, pick) => {
    const booking = pick(world.bookings.bookings.filter(isNamed(world)));
    const unknown = world.operations.filter(({ action, outcome }) => action === 'create' && outcome === 'info');
    const draft = { from_status: null, to_status: 'draft', actor_user_id: booking.mentee_user_id, at: 0 };
    const ids = [...unknown, booking].map(newId);
    for (const id of ids) {
      const fresh = { status: 'draft', version: 1, session_id: null, accepted_message_id: null } as const;
      world.bookings.bookings.push({ ...booking, ...fresh, id });
      world.bookings.audit.push({ ...draft, id });
    }
    return ids[0] as string;
  }),
  broken('two requests are answered with one booking', { by: ['I5'] }, (world, pick) => {
    const operation = pick(world.operations.filter(({ action, outcome }) => action === 'create' && outcome === 'ok'));
    world.operations.push({ ...operation, n: world.operations.length });
    return operation.id as string;
  }),
];

const isNamed =
  ({ operations }: Broken) =>
  (booking: { readonly id: string }): boolean =>
    operations.some(({ action, id }) => action === 'create' && id === booking.id);
