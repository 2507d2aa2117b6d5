import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseIfMatch, parseIfNoneMatch } from './if-match.ts';

test.each([
  [undefined, true],
  ['*', true],
  ['"3"', true],
  ['"1", "3"', true],
  ['"1","3"', true],
  ['"2"', false],
  ['W/"3"', true],
  ['W/"2"', false],
  ['"3-gzip"', true],
  ['W/"3-br"', true],
  ['"3--zstd"', true],
  ['"3;gz"', true],
  ['"3-gzip-br"', true],
  ['"3-x"', false],
  ['"3-gzip3"', false],
  ['"-gzip"', false],
  ['"33-gzip"', false],
  ['"2-gzip", , "3"', true],
  ['W/"3", "3"', true],
  ['"03"', false],
  ['"*"', false],
  ['"1,3"', false],
])('If-Match %p against version 3 is %p', (header, expected) => {
  expect(parseIfMatch(header)?.(3)).toBe(expected);
  const isSeen = header !== undefined && expected;
  expect(parseIfNoneMatch(header)(3)).toBe(isSeen);
});

test.each([
  '3',
  '',
  ',',
  '"3',
  '3"',
  '"3" "4"',
  '"3""4"',
  '*, "3"',
  '"3", 4',
  'w/"3"',
  'W/3',
  "'3'",
  '“3”',
  '"3";gzip',
])('If-Match %p is malformed, and as If-None-Match it matches nothing', (header) => {
  expect(parseIfMatch(header)).toBeNull();
  expect(parseIfNoneMatch(header)(3)).toBe(false);
});

test('a list of whatever tags matches exactly the versions in it', () => {
  const tag = fc.record({
    version: fc.nat(),
    weak: fc.constantFrom('', 'W/'),
    suffix: fc.constantFrom('', '-gzip', '-br', '-zstd', '--gzip', ';gzip', ';br', '-deflate'),
  });
  fc.assert(
    fc.property(fc.array(tag, { minLength: 1 }), fc.nat(), fc.constantFrom(',', ', ', ' ,\t'), (list, other, comma) => {
      const header = list.map(({ version, weak, suffix }) => `${weak}"${version}${suffix}"`).join(comma);
      const parsed = parseIfMatch(header);
      for (const { version } of list) expect(parsed?.(version)).toBe(true);
      expect(parsed?.(other)).toBe(list.some(({ version }) => version === other));
    }),
  );
});

test('a long header of blanks is read at once', () => {
  expect(parseIfMatch(`"1",${' '.repeat(16_000)}x${', ;'.repeat(4_000)}`)).toBeNull();
});
