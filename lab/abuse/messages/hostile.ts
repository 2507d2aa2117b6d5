import { randomUUID } from 'node:crypto';
import { randomOf, type Random } from '../../faults/random.ts';
import { aMessage } from '../../e2e/a-message.ts';
import malformedBodies from './fixtures/malformed-bodies.json' with { type: 'json' };

type HostileMessage = {
  /** The allowed reasons of its dead letter; `handled`: it is harmless and may get a session. */
  readonly reasons: readonly string[];
  readonly body: unknown;
  readonly properties?: Readonly<Record<string, unknown>>;
};
type Good = ReturnType<typeof aMessage>;
type Kind = (good: Good, random: Random) => HostileMessage;

const bytes =
  (body: string | number[] | Buffer): Kind =>
  () => ({ reasons: ['malformed'], body: typeof body === 'string' ? Buffer.from(body) : Buffer.from(body) });

const withData =
  (data: Record<string, unknown>, ...reasons: string[]): Kind =>
  (good) => ({
    reasons: reasons.length > 0 ? reasons : ['schema-violation'],
    body: { ...good, data: { ...good.data, ...data } },
  });

const withEnvelope =
  (change: Record<string, unknown>, reason = 'schema-violation', ...more: string[]): Kind =>
  (good) => ({ reasons: [reason, ...more], body: { ...good, ...change } });

const withText =
  (change: (text: string) => string, ...reasons: string[]): Kind =>
  (good) => ({ reasons, body: Buffer.from(change(JSON.stringify(good))), properties: { messageId: good.id } });

const withProperties =
  (properties: Readonly<Record<string, unknown>>, ...reasons: string[]): Kind =>
  (good) => ({ reasons, body: good, properties });

const insert = (text: string) => (message: string) => message.replace('"notes":null', `"notes":null,${text}`);
const deep = (count: number) => `"deep":${'['.repeat(count)}${']'.repeat(count)}`;

/** Malformed at every level (bytes, JSON, envelope, data, properties): huge, nested, prototype-polluting, forged, old. */
const kinds: readonly Kind[] = [
  ...malformedBodies.map(bytes),
  ...[[0x7b, 0xff, 0x00, 0x7d], [0xef, 0xbb, 0xbf], [0x80], [0xed, 0xa0, 0x80], [0x1f, 0x8b, 8, 0]].map(bytes),
  (_good, random) => ({
    reasons: ['malformed', 'unknown-type'],
    body: Buffer.from(Array.from({ length: random.int(1, 200) }, () => random.int(0, 255))),
  }),
  withText((text) => text.slice(0, text.length / 2), 'malformed'),
  withText(insert(deep(20_000)), 'malformed', 'handled'),
  withText(insert(`"__proto__":{"polluted":true}`), 'handled', 'schema-violation'),
  withText(insert(`"constructor":{"prototype":{"polluted":true}}`), 'handled', 'schema-violation'),
  withText(
    (text) => text.replace('"metadata":{}', '"metadata":{"__proto__":"polluted"}'),
    'handled',
    'schema-violation',
  ),
  withText((text) => text.replace('{', '{"__proto__":{"type":"x"},'), 'handled', 'schema-violation'),
  ...['booking.burnt', '__proto__', 'constructor', '', 'BOOKING.ACCEPTED', 'session.completed'].map((type) =>
    withEnvelope({ type }, 'unknown-type'),
  ),
  ...[null, 1, {}, ['booking.accepted']].map((type) => withEnvelope({ type }, 'unknown-type')),
  ...['2', '1.5', '01', '-1', '', 'latest', '1 '].map((version) =>
    withEnvelope({ dataschema: `urn:mentor-sessions:booking.accepted:${version}` }, 'unknown-version'),
  ),
  ...[null, 1, 'http://127.0.0.1:1/schema'].map((dataschema) => withEnvelope({ dataschema }, 'unknown-version')),
  ...['no-uuid', '', null, 1, {}].map((id) => withEnvelope({ id })),
  ...[
    { subject: 'x' },
    { subject: null },
    { time: 'yesterday' },
    { sequence: -1 },
    { sequence: '1' },
    { specversion: '0.3' },
    { correlationid: 7 },
    { data: null },
    { data: [] },
    { data: 'x' },
  ].map((change) => withEnvelope(change)),
  ...['bookingId', 'sessionId', 'listingId', 'mentorProfileId', 'menteeUserId', 'acceptedBy'].flatMap((field) =>
    [null, '', `' or 1=1 --`, 42, {}].map((value) => withData({ [field]: value })),
  ),
  ...['start', 'end', 'acceptedAt'].flatMap((field) =>
    [null, 'now', 'infinity', '2039-02-30T09:00:00.000Z', 1e15].map((value) => withData({ [field]: value })),
  ),
  withData({ notes: 'with \0' }),
  withData({ notes: 'lone \ud800' }),
  withData({ notes: 5 }),
  withData({ metadata: null }),
  withData({ metadata: { a: 1 } }),
  withData({ metadata: [] }),
  (good) => ({ reasons: ['schema-violation'], body: { ...good, data: { ...good.data, end: good.data.start } } }),
  withProperties({ userId: 'developer' }, 'forged-sender'),
  withProperties({ userId: 'sessions' }, 'forged-sender'),
  withProperties({ userId: undefined }, 'forged-sender'),
  (good) => ({ reasons: ['id-mismatch'], body: good, properties: { messageId: randomUUID() } }),
  (good) => ({ reasons: ['id-mismatch'], body: good, properties: { messageId: `${good.id} ` } }),
];

// The contract does not limit notes: bookings does, and its events are trusted. The broker refuses more than 128 KiB;
// F43 covers larger messages in the queue.
const huge = withText((text) => text.replace('"notes":null', `"notes":"${'x'.repeat(125_000)}"`), 'handled');

/** Returns `count` of them, evenly of all kinds; a few are nearly as large as the broker accepts. */
export const hostileMessages = (count: number, seed: number): HostileMessage[] => {
  const random = randomOf(seed);
  return Array.from({ length: count }, (_, index) =>
    (index % 500 === 7 ? huge : kinds[index % kinds.length]!)(aMessage(), random),
  );
};

export const kindCount = kinds.length + 1;
