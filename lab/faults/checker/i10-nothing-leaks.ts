import type { Copy, Invariant, Violation } from '../evidence/evidence.ts';

const leaked = (witness: unknown): Violation => ({ invariant: 'I10', says: 'something leaked', witness });

/** Shorter ones may occur anywhere by chance. */
const LONG_ENOUGH_TO_RECOGNISE = 8;

/** I10: no token or note in any log, no stack trace in any response, and neither in any session event. */
export const nothingLeaks: Invariant = ({ leaks, wire, sessions }) => {
  const notesOf = new Map(sessions.sessions.map(({ id, notes }) => [id, notes ?? '']));
  const containsNotes = ({ type, subject, body }: Copy): boolean => {
    if (!type.startsWith('session.')) return false;
    const notes = notesOf.get(subject) ?? '';
    const written = JSON.stringify(notes).slice(1, -1);
    const { data } = JSON.parse(body) as { data: object };
    return 'notes' in data || (notes.length >= LONG_ENOUGH_TO_RECOGNISE && body.includes(written));
  };
  return [...leaks.map(leaked), ...wire.filter(containsNotes).map(leaked)];
};
