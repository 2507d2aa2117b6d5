import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printable, printableJson, printableLines } from './printable.ts';

const harmful =
  /[\0-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u; // eslint-disable-line no-control-regex

const anyText = fc.string({ unit: 'binary' });

describe('text for a terminal', () => {
  test.each([
    ['a title and a cleared screen', '\u001b]0;PWNED\u0007\u001b[2J', '\\u{1b}]0;PWNED\\u{7}\\u{1b}[2J'],
    ['the eight-bit introducer', '\u009b2J', '\\u{9b}2J'],
    ['text that runs backwards', 'a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
    ['what is not drawn', 'a\u200bb\ufeffc\u{e0041}', 'a\\u{200b}b\\u{feff}c\\u{e0041}'],
    ['lines of its own', 'a\nb\r\tc\u2028d', 'a\\u{a}b\\u{d}\\u{9}c\\u{2028}d'],
    ['a half of a pair', 'a\ud83d', 'a\\u{d83d}'],
  ])('escapes %s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test('does not change words of any language', () => {
    const words = 'für Zoë, 東京, привет, عربى, 👍 → 12 %';
    expect(printable(words)).toBe(words);
  });

  test('never contains a control character', () => {
    fc.assert(fc.property(anyText, (text) => !harmful.test(printable(text))));
  });

  test('of several lines keeps newlines and tabs alone', () => {
    fc.assert(fc.property(anyText, (text) => !harmful.test(printableLines(text).replaceAll(/[\n\t]/g, ''))));
    expect(printableLines('a\n\tb\r')).toBe('a\n\tb\\u{d}');
  });

  test('as JSON is the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, fc.array(anyText)), (value) => {
        const json = printableJson(JSON.stringify(value, null, 2));
        expect(JSON.parse(json)).toEqual(value);
        expect(json.replaceAll('\n', '')).not.toMatch(harmful);
      }),
    );
  });
});
