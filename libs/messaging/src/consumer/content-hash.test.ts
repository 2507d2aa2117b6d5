import { expect, test } from '@jest/globals';
import { contentHash } from './content-hash.ts';

const said = { type: 't', subject: 's', dataschema: 'd', data: { a: 1, b: [true, null] } };
const hash = contentHash(said).toString('hex');

test('is the same for the same content, whatever the order of keys, time and trace', () => {
  const again = { ...said, data: { b: [true, null], a: 1 }, time: 'later', traceparent: 'x', id: 'y' };
  expect(contentHash(again).toString('hex')).toBe(hash);
  expect(hash).toBe('2153354c48d1c23abc3c8047b84cea4a5bcc066c181971ada8322952f8623943');
});

test.each(['type', 'subject', 'dataschema', 'data'])('tells another %s', (part) => {
  expect(contentHash({ ...said, [part]: 'another' }).toString('hex')).not.toBe(hash);
});
