import { printable, printableLines } from '@mentor-sessions/service-kit/printable';
import type { DeadLetterInFull } from '../dead-letter-in-full.ts';
import type { DeadLetter, DeadLetterGroup } from '../dead-letters.ts';
import { age, short, table, time } from '../output.ts';

export const groupsTable = (groups: readonly DeadLetterGroup[]): string =>
  table(groups, [
    ['service', (row) => row.service],
    ['queue', (row) => row.queue],
    ['reason', (row) => row.reason],
    ['group', (row) => row.fingerprint],
    ['count', (row) => row.count],
    ['seen', (row) => row.timesSeen],
    ['oldest', (row) => age(row.oldestAgeSeconds)],
    ['last error', (row) => short(row.lastError)],
  ]);

export const lettersTable = (letters: readonly DeadLetter[]): string =>
  table(letters, [
    ['id', (row) => row.id],
    ['service', (row) => row.service],
    ['reason', (row) => row.reason],
    ['message', (row) => row.messageId],
    ['type', (row) => row.type],
    ['first seen', (row) => time(row.firstSeenAt)],
    ['seen', (row) => row.timesSeen],
    ['state', (row) => row.resolution ?? (row.replayWaits ? 'replay waits' : 'open')],
    ['last error', (row) => short(row.lastError, 60)],
  ]);

export const inFull = ({ replays, body, bodyBase64, headers, properties, ...letter }: DeadLetterInFull): string => {
  const facts = Object.entries(letter).map(
    ([name, value]) => [name, value instanceof Date ? time(value) : value] as const,
  );
  return [
    ...facts
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name.padEnd(15)} ${printable(String(value))}`),
    `properties      ${JSON.stringify(properties)}`,
    `headers         ${JSON.stringify(headers)}`,
    '',
    indented(body ?? `base64: ${bodyBase64}`),
    ...(replays.length === 0 ? [] : ['', 'Replays']),
    ...replays.map(({ requestedAt, requestedBy, reason, outcome, detail }) =>
      printable(`${time(requestedAt)}  ${requestedBy}: ${reason}  ${outcome ?? 'waits'}${detail ? `: ${detail}` : ''}`),
    ),
  ].join('\n');
};

// No line of a body stands where one of ours would.
const indented = (text: string): string => `  ${printableLines(text).replaceAll('\n', '\n  ')}`;
