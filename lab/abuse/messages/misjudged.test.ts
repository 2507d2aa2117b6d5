import { expect, test } from '@jest/globals';
import { misjudged } from './misjudged.ts';

const expected = new Map([
  ['a', ['malformed']],
  ['b', ['unknown-type', 'unknown-version']],
  ['c', ['handled']],
]);
const a = { message_id: 'a', reason: 'malformed' };
const b = { message_id: 'b', reason: 'unknown-version' };

test('each hostile message is kept for one of its reasons, a harmless one need not be', () => {
  expect(misjudged(expected, [a, b])).toEqual([]);
});

test.each([
  ['a hostile one that is kept nowhere', [a], /^b is not kept as unknown-type or unknown-version$/],
  ['another reason', [{ ...a, reason: 'forged-sender' }, b], /^a kept as forged-sender, not malformed$/],
  ['a harmless one that is kept', [a, b, { message_id: 'c', reason: 'malformed' }], /^c kept as malformed/],
  ['a good one that is kept', [a, b, { message_id: 'd', reason: 'handler-failed' }], /^d kept as handler-failed/],
  ['one without an id', [a, b, { message_id: null, reason: 'malformed' }], /^null kept as malformed/],
])('%s is a fault', (_what, kept, fault) => {
  expect(misjudged(expected, kept)).toEqual([expect.stringMatching(fault)]);
});
