import type { Action } from '../../evidence/history.ts';
import type { Breakage, Broken, Pick } from './world.ts';
import { ask, bookingsThatAre, sessionsThatAre } from './world.ts';

const okOnes = ({ operations }: Broken, ...actions: Action[]) =>
  operations.filter(({ action, outcome }) => outcome === 'ok' && actions.includes(action));

const withId = (pick: Pick, from: Broken['operations']) => pick(from.filter(({ id }) => id !== null));
const idOf = ({ id }: Broken['operations'][number]): string => id as string;

/** Answered: of what no one was answered it could still be told that it came later. */
const aCompletion = (world: Broken, pick: Pick) => {
  const { id, actor } = pick(okOnes(world, 'complete'));
  return { id: id as string, actor };
};

export const brokenAnswers: readonly Breakage[] = [
  {
    says: 'an answer is 500',
    by: ['I5'],
    breaks: (world, pick) => {
      const operation = withId(
        pick,
        world.operations.filter(({ action }) => action !== 'create'),
      );
      Object.assign(operation, { outcome: 'info', answer: '500 internal', status: null });
      return idOf(operation);
    },
  },
  {
    says: 'an answer is 404 where there is no such thing to miss',
    by: ['I6'],
    breaks: (world, pick) => {
      const { id, mentee_user_id: actor } = pick(world.bookings.bookings);
      ask(world, { action: 'read', aggregate: 'booking', id, actor, outcome: 'fail', answer: '404 not-found' });
      return id;
    },
  },
  {
    says: 'a refusal does not say the state',
    by: ['I5'],
    breaks: (world, pick) => {
      const operation = pick(world.operations.filter(({ answer }) => answer === '409 invalid-transition'));
      operation.status = null;
      return idOf(operation);
    },
  },
  {
    says: 'an answer tells of another state than the one it made',
    by: ['I6'],
    breaks: (world, pick) => {
      const operation = pick(okOnes(world, 'start'));
      operation.status = 'scheduled';
      return idOf(operation);
    },
  },
  {
    says: 'a start is refused for a session that could be started',
    by: ['I6'],
    breaks: (world, pick) => {
      const { id, mentee_user_id: actor } = pick(sessionsThatAre(world, 'completed'));
      const refused = { outcome: 'fail', answer: '409 invalid-transition', status: 'scheduled' } as const;
      ask(world, { action: 'start', aggregate: 'session', id, actor, ...refused, invokedAt: -Infinity });
      return id;
    },
  },
  {
    says: 'a read goes back',
    by: ['I6'],
    breaks: (world, pick) => {
      const { id, actor } = aCompletion(world, pick);
      ask(world, { action: 'read', aggregate: 'session', id, actor, status: pick(['scheduled', 'in_progress']) });
      return id;
    },
  },
  {
    says: 'a session that was there is not found later',
    by: ['I6'],
    breaks: (world, pick) => {
      const { id, actor } = aCompletion(world, pick);
      ask(world, { action: 'read', aggregate: 'session', id, actor, outcome: 'fail', answer: '404 not-found' });
      return id;
    },
  },
  {
    says: 'a session is read as completed before anyone asked for that',
    by: ['I6'],
    breaks: (world, pick) => {
      const { id, mentee_user_id: actor } = pick(sessionsThatAre(world, 'completed'));
      const before = { invokedAt: -2, endedAt: -1 };
      ask(world, { action: 'read', aggregate: 'session', id, actor, status: 'completed', ...before });
      return id;
    },
  },
  {
    says: 'a completion was answered before the start was asked for',
    by: ['I6'],
    breaks: (world, pick) => {
      const operation = pick(okOnes(world, 'complete'));
      Object.assign(operation, { invokedAt: -2, endedAt: -1 });
      return idOf(operation);
    },
  },
  {
    says: 'two starts are answered as done',
    by: ['I5', 'I6'],
    breaks: (world, pick) => {
      const operation = pick(okOnes(world, 'start'));
      world.operations.push({ ...operation, n: world.operations.length });
      return idOf(operation);
    },
  },
  {
    says: 'a change was answered and is nowhere',
    by: ['I5', 'I6'],
    breaks: (world, pick) => {
      const { id, mentee_user_id: actor } = pick(bookingsThatAre(world, 'accepted'));
      ask(world, { action: 'cancel', aggregate: 'booking', id, actor, status: 'cancelled' });
      return id;
    },
  },
  {
    says: 'a change was refused and is there',
    by: ['I5', 'I6'],
    breaks: (world, pick) => {
      const { id } = pick(sessionsThatAre(world, 'completed'));
      for (const operation of world.operations.filter((each) => each.id === id && each.action === 'complete'))
        Object.assign(operation, { outcome: 'fail', answer: '503 unavailable', status: null });
      return id;
    },
  },
  {
    says: 'a change was never sent and is there',
    by: ['I5', 'I6'],
    breaks: (world, pick) => {
      const { id } = pick(bookingsThatAre(world, 'declined'));
      for (const operation of world.operations.filter((each) => each.id === id && each.action === 'decline'))
        Object.assign(operation, { outcome: 'fail', answer: 'refused', status: null });
      return id;
    },
  },
  {
    says: 'an acceptance that was answered is not there',
    by: ['I1', 'I5', 'I6'],
    breaks: (world, pick) => {
      const { id, mentee_user_id: actor } = pick(bookingsThatAre(world, 'declined'));
      ask(world, { action: 'accept', aggregate: 'booking', id, actor, status: 'accepted' });
      return id;
    },
  },
  {
    says: 'people are told of a session that is no one’s',
    by: ['I1'],
    breaks: (world, pick) => {
      const { mentee_user_id: actor, listing_id: id } = pick(world.bookings.bookings);
      ask(world, { action: 'read', aggregate: 'session', id, actor, outcome: 'fail', answer: '404 not-found' });
      return id;
    },
  },
  {
    says: 'an acceptance is refused as double-booked where nothing overlaps',
    by: ['I11'],
    breaks: (world, pick) => {
      const hours = new Set(bookingsThatAre(world, 'accepted').map(({ start_time }) => start_time));
      const free = bookingsThatAre(world, 'draft').filter(({ start_time }) => !hours.has(start_time));
      const { id, listing_id: actor } = pick(free);
      const answer = '409 mentor-double-booked';
      ask(world, { action: 'accept', aggregate: 'booking', id, actor, outcome: 'fail', answer });
      return id;
    },
  },
];
