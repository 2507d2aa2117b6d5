import { expect, test } from '@jest/globals';
import { largestBodyIn } from './largest-body.ts';

test('the broker’s limit is read from its refusal', () => {
  const refusal = new Error(
    'Channel closed by server: 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - message size 300063 is larger than configured max size 100000"',
  );
  expect(largestBodyIn(refusal)).toBe(100_000);
});

test.each([new Error('Channel closed by server: 404 (NOT-FOUND)'), 'no error', null, undefined])(
  'there is none in %p',
  (error) => expect(largestBodyIn(error)).toBeUndefined(),
);
