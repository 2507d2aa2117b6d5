import type { Action } from '../../evidence/history.ts';
import type { Breakage, Broken, Pick } from './world.ts';
import { ask, bookingsThatAre, broken, brokenBooking, brokenSession } from './world.ts';

const okOnes = ({ operations }: Broken, ...actions: Action[]) =>
  operations.filter(({ action, outcome }) => outcome === 'ok' && actions.includes(action));

const withId = (pick: Pick, from: Broken['operations']) => pick(from.filter(({ id }) => id !== null));
const idOf = ({ id }: Broken['operations'][number]): string => id as string;

/** One with a response: without one, the completion may have happened later. */
const aCompletion = (world: Broken, pick: Pick) => {
  const { id, actor } = pick(okOnes(world, 'complete'));
  return { id: id as string, actor };
};

export const brokenAnswers: readonly Breakage[] = [
  broken('an answer is 500', { by: ['I5'] }, (world, pick) => {
    const operation = withId(
      pick,
      world.operations.filter(({ action }) => action !== 'create'),
    );
    Object.assign(operation, { outcome: 'info', answer: '500 internal', status: null });
    return idOf(operation);
  }),
  broken('an answer is 404 where there is no such thing to miss', { by: ['I6'] }, (world, pick) => {
    const { id, mentee_user_id: actor } = pick(world.bookings.bookings);
    ask(world, { action: 'read', aggregate: 'booking', id, actor, outcome: 'fail', answer: '404 not-found' });
    return id;
  }),
  broken('a refusal does not say the state', { by: ['I5'] }, (world, pick) => {
    const operation = pick(world.operations.filter(({ answer }) => answer === '409 invalid-transition'));
    operation.status = null;
    return idOf(operation);
  }),
  broken('an answer shows another state than the one it made', { by: ['I6'] }, (world, pick) => {
    const operation = pick(okOnes(world, 'start'));
    operation.status = 'scheduled';
    return idOf(operation);
  }),
  brokenSession(
    'a start is refused for a session that could be started',
    { by: ['I6'] },
    ['completed'],
    ({ id, mentee_user_id: actor }, world) => {
      const refused = { outcome: 'fail', answer: '409 invalid-transition', status: 'scheduled' } as const;
      ask(world, { action: 'start', aggregate: 'session', id, actor, ...refused, invokedAt: -Infinity });
    },
  ),
  broken('a read goes back', { by: ['I6'] }, (world, pick) => {
    const { id, actor } = aCompletion(world, pick);
    ask(world, { action: 'read', aggregate: 'session', id, actor, status: pick(['scheduled', 'in_progress']) });
    return id;
  }),
  broken('a session that was there is not found later', { by: ['I6'] }, (world, pick) => {
    const { id, actor } = aCompletion(world, pick);
    ask(world, { action: 'read', aggregate: 'session', id, actor, outcome: 'fail', answer: '404 not-found' });
    return id;
  }),
  brokenSession(
    'a session is read as completed before anyone asked for that',
    { by: ['I6'] },
    ['completed'],
    ({ id, mentee_user_id: actor }, world) => {
      const before = { invokedAt: -2, endedAt: -1 };
      ask(world, { action: 'read', aggregate: 'session', id, actor, status: 'completed', ...before });
    },
  ),
  broken('a completion was answered before the start was asked for', { by: ['I6'] }, (world, pick) => {
    const operation = pick(okOnes(world, 'complete'));
    Object.assign(operation, { invokedAt: -2, endedAt: -1 });
    return idOf(operation);
  }),
  broken('two starts are answered as done', { by: ['I5', 'I6'] }, (world, pick) => {
    const operation = pick(okOnes(world, 'start'));
    world.operations.push({ ...operation, n: world.operations.length });
    return idOf(operation);
  }),
  brokenBooking(
    'a change was answered and is nowhere',
    { by: ['I5', 'I6'] },
    'accepted',
    ({ id, mentee_user_id: actor }, world) => {
      ask(world, { action: 'cancel', aggregate: 'booking', id, actor, status: 'cancelled' });
    },
  ),
  brokenSession('a change was refused and is there', { by: ['I5', 'I6'] }, ['completed'], ({ id }, world) => {
    for (const operation of world.operations.filter((each) => each.id === id && each.action === 'complete'))
      Object.assign(operation, { outcome: 'fail', answer: '503 unavailable', status: null });
  }),
  brokenBooking('a change was never sent and is there', { by: ['I5', 'I6'] }, 'declined', ({ id }, world) => {
    for (const operation of world.operations.filter((each) => each.id === id && each.action === 'decline'))
      Object.assign(operation, { outcome: 'fail', answer: 'refused', status: null });
  }),
  brokenBooking(
    'an acceptance that was answered is not there',
    { by: ['I1', 'I5', 'I6'] },
    'declined',
    ({ id, mentee_user_id: actor }, world) => {
      ask(world, { action: 'accept', aggregate: 'booking', id, actor, status: 'accepted' });
    },
  ),
  broken('an answer names a session that belongs to no booking', { by: ['I1'] }, (world, pick) => {
    const { mentee_user_id: actor, listing_id: id } = pick(world.bookings.bookings);
    ask(world, { action: 'read', aggregate: 'session', id, actor, outcome: 'fail', answer: '404 not-found' });
    return id;
  }),
  broken('an acceptance is refused as double-booked where nothing overlaps', { by: ['I11'] }, (world, pick) => {
    const hours = new Set(bookingsThatAre(world, 'accepted').map(({ start_time }) => start_time));
    const free = bookingsThatAre(world, 'draft').filter(({ start_time }) => !hours.has(start_time));
    const { id, listing_id: actor } = pick(free);
    const answer = '409 mentor-double-booked';
    ask(world, { action: 'accept', aggregate: 'booking', id, actor, outcome: 'fail', answer });
    return id;
  }),
];
