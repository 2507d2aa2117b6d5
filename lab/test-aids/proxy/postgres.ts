import type { Shape, Direction, FrameReader, LocatedFrame, PostgresFrame } from './framer.ts';
import { createFramer, type Span } from './framer.ts';

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

const typeOfStartup = (message: Buffer): string => startupTypes[message.readUInt32BE(4)] ?? 'startup';
const typeOfMessage = (letter: string): string => letters[letter] ?? letter;

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

type Facts = Partial<Pick<PostgresFrame, 'statement' | 'text' | 'ready'>>;

/** The first two strings of Parse, Bind and Close; the second is cut if the message was too long to keep. */
const strings = (message: Buffer, from: number): [string, string] => {
  const end = message.indexOf(0, from);
  if (end < 0) return [message.toString('utf8', from), ''];
  const secondEnd = message.indexOf(0, end + 1);
  return [
    message.toString('utf8', from, end),
    message.toString('utf8', end + 1, secondEnd < 0 ? message.length : secondEnd),
  ];
};

/** For a later Execute: node-pg parses a named statement once and then only binds it. */
const createStatements = () => {
  const texts = new Map<string, string>();
  const portals = new Map<string, string>();
  const facts = (statement: string): Facts => {
    const text = texts.get(statement);
    return text === undefined ? { statement } : { statement, text };
  };
  const parse = ([statement, text]: [string, string]): Facts => (texts.set(statement, text), { statement, text });
  const bind = ([portal, statement]: [string, string]): Facts => (portals.set(portal, statement), facts(statement));
  const close = (target: string): Facts => {
    (target.startsWith('S') ? texts : portals).delete(target.slice(1));
    return {};
  };
  return { parse, bind, close, execute: ([portal]: [string, string]) => facts(portals.get(portal) ?? '') };
};

/** Reads the client's messages, and the server's ReadyForQuery messages. */
export const createPostgresReader = (): FrameReader => {
  const statements = createStatements();
  let found: LocatedFrame[] = [];
  let hasStarted = false;
  let encryption: 'none' | 'asked' | 'on' = 'none';
  let readyDue = 1; // the first one ends the start-up
  let readySeen = 0;

  const factsOf = (type: string, message: Buffer): Facts => {
    if (type === 'sync') return { ready: ++readyDue };
    if (type === 'query') return { text: strings(message, 5)[0], ready: ++readyDue };
    if (type === 'parse') return statements.parse(strings(message, 5));
    if (type === 'bind') return statements.bind(strings(message, 5));
    if (type === 'execute') return statements.execute(strings(message, 5));
    if (type === 'C') return statements.close(strings(message, 5)[0]);
    return {};
  };
  const add = (direction: Direction, span: Span, facts: Facts & { type: string }): void =>
    void found.push({ frame: { protocol: 'postgres', direction, ...facts }, ...span });

  const beforeStart = (message: Buffer, span: Span): void => {
    const type = typeOfStartup(message);
    if (type === 'startup') hasStarted = true;
    if (type === 'encryption') encryption = 'asked';
    add('up', span, { type });
  };
  const up = createFramer(
    upwards(() => hasStarted),
    (message, span) => {
      if (!hasStarted) return beforeStart(message, span);
      const type = typeOfMessage(String.fromCharCode(message[0] ?? 0));
      add('up', span, { type, ...factsOf(type, message) });
    },
  );
  const down = createFramer(
    downwards(() => encryption === 'asked'),
    (message, span) => {
      const letter = String.fromCharCode(message[0] ?? 0);
      if (encryption === 'asked') encryption = letter === 'N' ? 'none' : 'on';
      else if (letter === 'Z') add('down', span, { type: 'ready', ready: ++readySeen });
      else add('down', span, { type: letter });
    },
  );

  return (direction, chunk) => {
    found = [];
    if (encryption !== 'on') (direction === 'up' ? up : down)(chunk); // encrypted from here on
    return found;
  };
};
