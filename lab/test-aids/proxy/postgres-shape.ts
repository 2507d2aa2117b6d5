import type { Shape } from './framer.ts';

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
const lengthAlone = 4;
const typeAndLength = 5;
const startupTypes: Readonly<Record<number, string>> = {
  80877102: 'cancel',
  80877103: 'encryption', // SSLRequest
  80877104: 'encryption', // GSSENCRequest
};
const letters: Readonly<Record<string, string>> = { Q: 'query', P: 'parse', B: 'bind', E: 'execute', S: 'sync' };
const keptBytes: Readonly<Record<string, number>> = { Q: 65_536, P: 65_536, B: 1_024, E: 1_024, C: 1_024 };

export const typeOfStartup = (message: Buffer): string => startupTypes[message.readUInt32BE(4)] ?? 'startup';
export const typeOfMessage = (letter: string): string => letters[letter] ?? letter;

const typed = (head: Buffer, kept: Readonly<Record<string, number>>) => {
  const total = head.readUInt32BE(1) + 1;
  if (total < typeAndLength) return null;
  return { total, keep: Math.min(total, kept[String.fromCharCode(head[0] ?? 0)] ?? typeAndLength) };
};

/** The messages before and with the startup message have no type. */
export const upwards = (hasStarted: () => boolean): Shape => ({
  headBytes: () => (hasStarted() ? typeAndLength : 2 * lengthAlone),
  measure: (head) => {
    if (hasStarted()) return typed(head, keptBytes);
    const total = head.readUInt32BE(0);
    return total < head.length ? null : { total, keep: head.length };
  },
});

/** A request for encryption is answered with one letter. */
export const downwards = (isAnswerToEncryption: () => boolean): Shape => ({
  headBytes: () => (isAnswerToEncryption() ? 1 : typeAndLength),
  measure: (head) => (isAnswerToEncryption() ? { total: 1, keep: 1 } : typed(head, {})),
});
