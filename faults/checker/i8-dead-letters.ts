import type { DeadLetterRow, Invariant, Violation } from '../evidence/evidence.ts';

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I8', says, witness });

/** What is dead the test has poisoned so; the drain may have kept an innocent for a while, if it handled it then. */
export const onlyPoisonIsDead: Invariant = ({ bookings, sessions, poisoned }) => {
  const letters = [...bookings.deadLetters, ...sessions.deadLetters];
  const handled = new Set(sessions.inbox);
  const isPoison = ({ message_id, reason }: DeadLetterRow): boolean =>
    message_id !== null && (poisoned.get(message_id)?.includes(reason) ?? false);
  const wasSaved = ({ message_id, resolution }: DeadLetterRow): boolean =>
    resolution === 'handled' && message_id !== null && handled.has(message_id);
  const innocent = letters.filter((letter) => !isPoison(letter) && !wasSaved(letter));
  const kept = new Set(letters.filter(isPoison).map(({ message_id }) => message_id));
  const unkept = [...poisoned].filter(([id]) => !kept.has(id));
  return [
    ...innocent.map((letter) => violation('a message is dead that the test did not poison so', letter)),
    ...unkept.map((each) => violation('a poisoned message was not kept', each)),
  ];
};
