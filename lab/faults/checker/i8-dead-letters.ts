import type { DeadLetterRow, Evidence, Invariant, Violation } from '../evidence/evidence.ts';

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I8', says, witness });

/** Sessions of bookings that only the test knows: the bookings service keeps their news as it keeps any stranger's. */
const newsOfOwnBookings = ({ sessions, ownBookings }: Evidence): ReadonlySet<string | null> => {
  const own = new Set(sessions.sessions.filter(({ booking_id }) => ownBookings.has(booking_id)).map(({ id }) => id));
  return new Set(
    sessions.published.filter(({ aggregate_id }) => own.has(aggregate_id)).map(({ message_id }) => message_id),
  );
};

/** What is dead the test has poisoned so; the drain may have kept an innocent for a while, if it handled it then. */
export const onlyPoisonIsDead: Invariant = (evidence) => {
  const { bookings, sessions, poisoned } = evidence;
  const news = newsOfOwnBookings(evidence);
  const letters = [...bookings.deadLetters, ...sessions.deadLetters];
  const handled = new Set([...bookings.inbox, ...sessions.inbox]);
  const isPoison = ({ message_id, reason }: DeadLetterRow): boolean =>
    message_id !== null && (poisoned.get(message_id)?.includes(reason) ?? false);
  const wasSaved = ({ message_id, resolution }: DeadLetterRow): boolean =>
    resolution === 'handled' && message_id !== null && handled.has(message_id);
  const isNews = ({ message_id, reason }: DeadLetterRow): boolean =>
    reason === 'unknown-booking' && news.has(message_id);
  const innocent = letters.filter((letter) => !isPoison(letter) && !wasSaved(letter) && !isNews(letter));
  const kept = new Set(letters.filter(isPoison).map(({ message_id }) => message_id));
  const unkept = [...poisoned].filter(([id]) => !kept.has(id));
  return [
    ...innocent.map((letter) => violation('a message is dead that the test did not poison so', letter)),
    ...unkept.map((each) => violation('a poisoned message was not kept', each)),
  ];
};
