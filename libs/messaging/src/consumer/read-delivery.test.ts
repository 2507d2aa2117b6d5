import { expect, test } from '@jest/globals';
import type { ConsumeMessage } from 'amqplib';
import { reviewWritten, subscription } from '../../test/reviews.ts';
import { contentHash, readDelivery } from './read-delivery.ts';

const reviews = subscription(async () => undefined);
const review = reviewWritten({ sequence: '0000000007', traceparent: 'the trace' });

const delivery = (body: unknown, properties: object = { messageId: review.id, userId: 'reviews' }) =>
  ({ content: Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)), properties }) as ConsumeMessage;

test('reads a valid message', () => {
  const { id, type, subject, time, correlationid: correlationId, traceparent, data } = review;
  expect(readDelivery(delivery(review), reviews)).toEqual({
    isValid: true,
    message: {
      id,
      type,
      subject,
      time,
      correlationId,
      traceparent,
      data,
      sequence: 7,
      contentHash: contentHash(review),
    },
  });
});

const nested = (depth: number): Buffer =>
  Buffer.from(
    JSON.stringify({ ...review, data: { text: 'good', more: 0 } }).replace(
      '0}',
      `${'['.repeat(depth)}${']'.repeat(depth)}}`,
    ),
  );
const long = 'x'.repeat(98);

test.each<[string, unknown, string, string]>([
  ['no JSON', Buffer.from('{'), 'malformed', 'the body is not a JSON object in UTF-8'],
  ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'malformed', 'the body is not a JSON object in UTF-8'],
  [
    'UTF-8 that is broken inside an object',
    Buffer.concat([Buffer.from(JSON.stringify(review).slice(0, -3)), Buffer.from([0xff, 0x22, 0x7d, 0x7d])]),
    'malformed',
    'the body is not a JSON object in UTF-8',
  ],
  ['null', null, 'malformed', 'the body is not a JSON object in UTF-8'],
  ['a list', [review], 'malformed', 'the body is not a JSON object in UTF-8'],
  ['a string', 'review', 'malformed', 'the body is not a JSON object in UTF-8'],
  [
    'another type',
    { ...review, type: 'review.deleted' },
    'unknown-type',
    'type "review.deleted" is not handled by this queue',
  ],
  ['a type of another kind', { ...review, type: 1 }, 'unknown-type', 'type number is not handled by this queue'],
  [
    'a type of 100 characters',
    { ...review, type: long },
    'unknown-type',
    `type "${long}" is not handled by this queue`,
  ],
  ['a longer type', { ...review, type: `${long}y` }, 'unknown-type', `type "${long}y… is not handled by this queue`],
  [
    'another version',
    { ...review, dataschema: 'urn:reviews:review.written:2' },
    'unknown-version',
    'dataschema "urn:reviews:review.written:2" is not known',
  ],
  ['an envelope of another shape', { ...review, subject: 1 }, 'schema-violation', 'has the wrong shape'],
  ['data of another shape', { ...review, data: { text: 1 } }, 'schema-violation', 'has the wrong shape'],
  ['data nested beyond the stack', nested(60_000), 'malformed', 'the body is nested too deeply'],
])('rejects %s', (_what, body, reason, detail) => {
  expect(readDelivery(delivery(body), reviews)).toEqual({ isValid: false, reason, detail });
});

test.each([
  [
    'another message id',
    { messageId: 'x', userId: 'reviews' },
    'id-mismatch',
    'messageId is "x"; the envelope has another id',
  ],
  ['no message id', { userId: 'reviews' }, 'id-mismatch', 'messageId is undefined; the envelope has another id'],
  ['another sender', { messageId: review.id, userId: 'bookings' }, 'forged-sender', 'sent by "bookings"'],
  ['no sender', { messageId: review.id }, 'forged-sender', 'sent by undefined'],
])('rejects a valid body with %s', (_what, properties, reason, detail) => {
  expect(readDelivery(delivery(review, properties), reviews)).toEqual({ isValid: false, reason, detail });
});

test('reads each version by its own schema', () => {
  const two = { ...reviews.events[0], dataschema: 'urn:reviews:review.written:2' } as (typeof reviews.events)[0];
  const both = { ...reviews, events: [...reviews.events, two] };
  expect(readDelivery(delivery({ ...review, dataschema: two.dataschema }), both)).toMatchObject({ isValid: true });
});

const said = { type: 't', subject: 's', dataschema: 'd', data: { a: 1, b: [true, null] } };
const hash = contentHash(said).toString('hex');

test('is the same for the same content, whatever the order of keys, time and trace', () => {
  const again = { ...said, data: { b: [true, null], a: 1 }, time: 'later', traceparent: 'x', id: 'y' };
  expect(contentHash(again).toString('hex')).toBe(hash);
  expect(hash).toBe('2153354c48d1c23abc3c8047b84cea4a5bcc066c181971ada8322952f8623943');
});

test.each(['type', 'subject', 'dataschema', 'data'])('differs for another %s', (part) => {
  expect(contentHash({ ...said, [part]: 'another' }).toString('hex')).not.toBe(hash);
});

test.each([
  ['its own user vouches for the sender', 'me', { 'x-sent-by': 'reviews' }, 'valid'],
  ['its own user vouches for another sender', 'me', { 'x-sent-by': 'attacker' }, 'forged-sender'],
  ['its own user sends a message itself', 'me', undefined, 'forged-sender'],
  ['another user claims to vouch', 'attacker', { 'x-sent-by': 'reviews' }, 'forged-sender'],
  ['there is no user', undefined, { 'x-sent-by': 'reviews' }, 'forged-sender'],
])('of a message that is sent again, %s', (_, userId, headers, expected) => {
  const again = delivery(review, { messageId: review.id, userId, headers });
  const read = readDelivery(again, { ...reviews, replayedBy: 'me' });
  expect(read.isValid ? 'valid' : read.reason).toBe(expected);
});
