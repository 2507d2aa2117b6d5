import type { Evidence, Invariant, Violation } from '../evidence/evidence.ts';
import { onlyPoisonIsDead } from './i8-dead-letters.ts';

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I8', says, witness });

const nothingWaits = ({ bookings, sessions, queues }: Evidence): Violation[] => [
  ...[...bookings.outbox, ...sessions.outbox].map((row) => violation('a row still waits in an outbox', row)),
  ...queues.filter(({ messages }) => messages > 0).map((queue) => violation('messages still wait in a queue', queue)),
];

/** What was published was handled or kept as a dead letter, and nothing was handled that nobody published. */
const allAccountedFor = ({ bookings, sessions, ownMessages }: Evidence): Violation[] => {
  const published = new Set([...bookings.published.map(({ message_id }) => message_id), ...ownMessages]);
  const handled = new Set(sessions.inbox);
  const kept = new Set(sessions.deadLetters.map(({ message_id }) => message_id));
  const lost = [...published].filter((id) => !handled.has(id) && !kept.has(id));
  const invented = [...handled].filter((id) => !published.has(id));
  return [
    ...lost.map((id) => violation('a published message was neither handled nor kept', id)),
    ...invented.map((id) => violation('a message was handled that nobody published', id)),
  ];
};

/** Both ways: what counts as published was there to hear, and what was heard had been written by a transaction. */
const outboxIsTheWire = ({ bookings, sessions, wire, ...test }: Evidence): Violation[] => {
  const published = [...bookings.published, ...sessions.published];
  const heard = new Set(wire.map(({ id }) => id));
  const unheard = test.wireHasGaps ? [] : published.filter(({ message_id }) => !heard.has(message_id));
  const rows = [...published, ...bookings.outbox, ...sessions.outbox];
  const known = new Set([...rows.map(({ message_id }) => message_id), ...test.ownMessages]);
  const ghosts = new Map(wire.filter(({ id }) => !known.has(id)).map((copy) => [copy.id, copy]));
  return [
    ...unheard.map((row) => violation('a row counts as published, and no subscriber ever got it', row)),
    ...[...ghosts.values()].map((copy) => violation('an event was heard that no outbox ever held', copy)),
  ];
};

/** I8: conservation. */
export const conservation: Invariant = (evidence) =>
  [nothingWaits, allAccountedFor, outboxIsTheWire, onlyPoisonIsDead].flatMap((part) => part(evidence));
