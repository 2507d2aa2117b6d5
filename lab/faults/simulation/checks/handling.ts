import type { World } from '../world/world.ts';
import { violation, type Violation } from './violations.ts';

/** Messages that claim the same booking: the first one handled creates the session, the others are dead-lettered. */
const rivalsOf = ({ hostile }: World, messageId: string, bookingId: string): Set<string> => {
  const rivals = hostile.filter(
    ({ reason, body }) =>
      (reason === 'content-mismatch' || reason === 'session-already-exists') && body.toString().includes(bookingId),
  );
  return new Set([messageId, ...rivals.map((rival) => String(rival.messageId))]);
};

const countOf = (world: World): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const id of world.sessions.effects) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};

/** The drain tries a message once: if interrupted, or with a second copy, it keeps the message as a suspect. */
const wasDrainedBadly = ({ drainedInVain, deadLettered }: World, messageId: string): boolean =>
  drainedInVain.has(messageId) || (deadLettered.get(messageId) ?? 0) > 1;

/** Each accepted booking had its effect once, and has one session with its people and times. */
const effectOnce = (world: World): Violation[] => {
  const counts = countOf(world);
  const letters = new Map(world.sessions.deadLetters.committed().map((letter) => [letter.message_id, letter]));
  return world.accepted.flatMap(({ event, fails }) => {
    if (!world.bookings.everEnqueued.has(event.id)) return [];
    const { id: messageId, data } = event;
    const effects = [...rivalsOf(world, messageId, data.bookingId)].reduce((sum, id) => sum + (counts.get(id) ?? 0), 0);
    if (effects > 1) return [violation('a message has its effect once', { messageId, effects })];
    const session = world.sessions.sessions.committed().find(({ bookingId }) => bookingId === data.bookingId);
    if (effects === 1 && session?.id !== data.sessionId)
      return [
        violation('an accepted booking has the session that it was promised', { messageId, session: session?.id }),
      ];
    if (effects === 1) return [];
    const letter = letters.get(messageId);
    const isSuspect = letter?.reason === 'delivery-limit' && (fails !== 'never' || wasDrainedBadly(world, messageId));
    const isExcused = isSuspect || world.destroyed.has(messageId) || (fails === 'forever' && letter !== undefined);
    return isExcused
      ? []
      : [
          violation('an accepted booking has its session', {
            messageId,
            letter: letter?.reason,
            error: letter?.last_error,
            attempts: letter?.attempts,
            tried: letter?.tried_at,
            times: letter?.times_seen,
          }),
        ];
  });
};

const nothingInvented = (world: World): Violation[] => {
  const known = new Set([...world.bookings.everEnqueued.keys(), ...world.hostile.map(({ messageId }) => messageId)]);
  const inbox = new Set(world.sessions.inbox.committed().map((row) => row.message_id));
  return [
    ...world.sessions.effects
      .filter((id) => !known.has(id))
      .map((messageId) => violation('what is handled was published', { messageId })),
    ...world.sessions.effects
      .filter((id) => !inbox.has(id))
      .map((messageId) => violation('what is handled is in the inbox', { messageId })),
    ...world.sessions.sessions
      .committed()
      .filter(
        ({ bookingId }) =>
          !world.accepted.some(
            ({ event }) => event.data.bookingId === bookingId && world.bookings.everEnqueued.has(event.id),
          ),
      )
      .map(({ id }) => violation('a session has an accepted booking', { session: id })),
  ];
};

const lettersExplained = (world: World): Violation[] => {
  const failing = new Set(world.accepted.filter(({ fails }) => fails === 'forever').map(({ event }) => event.id));
  const isExplained = (messageId: string | null, reason: string): boolean => {
    if (reason === 'delivery-limit') return world.deadLettered.has(String(messageId));
    if (reason === 'handler-failed') return failing.has(String(messageId));
    return world.hostile.some(
      (one) => one.reason === reason && (one.messageId === messageId || reason === 'session-already-exists'),
    );
  };
  return world.sessions.deadLetters
    .committed()
    .filter(({ message_id, reason }) => !isExplained(message_id, reason))
    .map(({ message_id, reason, last_error }) =>
      violation('only poison is kept as a dead letter', { message_id, reason, last_error }),
    );
};

/** What can never be handled is dead-lettered with its reason. */
const poisonKept = (world: World): Violation[] => {
  const letters = world.sessions.deadLetters.committed();
  const effects = new Set(world.sessions.effects);
  return world.hostile.flatMap(({ reason, messageId, body, taken }) => {
    const id = String(messageId);
    if (reason === null || !taken || world.destroyed.has(id) || effects.has(id)) return [];
    const isKept = letters.some((letter) => letter.message_id === id && (letter.body.equals(body) || effects.has(id)));
    return isKept ? [] : [violation('poison is kept as a dead letter', { messageId, reason })];
  });
};

export const checkHandling = (world: World): Violation[] => [
  ...effectOnce(world),
  ...nothingInvented(world),
  ...lettersExplained(world),
  ...poisonKept(world),
];
