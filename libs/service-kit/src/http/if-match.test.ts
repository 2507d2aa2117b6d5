import { expect, test } from '@jest/globals';
import { parseIfMatch } from './if-match.ts';

test.each([
  [undefined, true],
  ['*', true],
  ['"3"', true],
  ['"1", "3"', true],
  ['"1","3"', true],
  ['"2"', false],
  ['W/"3"', false],
  ['W/"3", "3"', true],
  ['3', false],
  ['"03"', false],
  ['"*"', false],
  ['"1,3"', false],
  ['', false],
])('If-Match %p against version 3 is %p', (header, expected) => {
  expect(parseIfMatch(header).matches(3)).toBe(expected);
});
