import type { DeadLetterRow, Evidence, Invariant, Violation } from '../evidence/evidence.ts';

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I8', says, witness });

/** Sessions of bookings that only the test knows: bookings dead-letters their events as unknown. */
const newsOfOwnBookings = ({ sessions, ownBookings }: Evidence): ReadonlySet<string | null> => {
  const own = new Set(sessions.sessions.filter(({ booking_id }) => ownBookings.has(booking_id)).map(({ id }) => id));
  return new Set(
    sessions.published.filter(({ aggregate_id }) => own.has(aggregate_id)).map(({ message_id }) => message_id),
  );
};

/** Dead letters were poisoned by the test; the drain may have stored a valid message, if it was handled later. */
const onlyPoisonIsDead: Invariant = (evidence) => {
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

const nothingWaits = ({ bookings, sessions, queues }: Evidence): Violation[] => [
  ...[...bookings.outbox, ...sessions.outbox].map((row) => violation('a row still waits in an outbox', row)),
  ...queues.filter(({ messages }) => messages > 0).map((queue) => violation('messages still wait in a queue', queue)),
];

/** Everything published for sessions was handled or dead-lettered, and nothing else was handled. */
const allAccountedFor = ({ bookings, sessions, ownMessages }: Evidence): Violation[] => {
  const accepted = bookings.published.filter(({ type }) => type === 'booking.accepted');
  const published = new Set([...accepted.map(({ message_id }) => message_id), ...ownMessages]);
  const handled = new Set(sessions.inbox);
  const kept = new Set(sessions.deadLetters.map(({ message_id }) => message_id));
  const lost = [...published].filter((id) => !handled.has(id) && !kept.has(id));
  const invented = [...handled].filter((id) => !published.has(id));
  return [
    ...lost.map((id) => violation('a published message was neither handled nor kept', id)),
    ...invented.map((id) => violation('a message was handled that no one published', id)),
  ];
};

/** Everything published was delivered, and everything delivered had been committed. */
const outboxIsTheWire = ({ bookings, sessions, wire, ...test }: Evidence): Violation[] => {
  const published = [...bookings.published, ...sessions.published];
  const delivered = new Set(wire.map(({ id }) => id));
  const undelivered = test.wireHasGaps ? [] : published.filter(({ message_id }) => !delivered.has(message_id));
  const rows = [...published, ...bookings.outbox, ...sessions.outbox];
  const known = new Set([...rows.map(({ message_id }) => message_id), ...test.ownMessages]);
  const ghosts = new Map(wire.filter(({ id }) => !known.has(id)).map((copy) => [copy.id, copy]));
  return [
    ...undelivered.map((row) => violation('a row counts as published, and no subscriber ever received it', row)),
    ...Array.from(ghosts.values(), (copy) => violation('an event was delivered that no outbox ever held', copy)),
  ];
};

/** I8: nothing is lost between outbox, broker and inbox, and nothing appears from elsewhere. */
export const conservation: Invariant = (evidence) =>
  [nothingWaits, allAccountedFor, outboxIsTheWire, onlyPoisonIsDead].flatMap((part) => part(evidence));
