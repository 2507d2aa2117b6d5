import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';

const shuffled = (value: unknown, seed: number): unknown => {
  if (Array.isArray(value)) return value.map((one) => shuffled(one, seed));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, shuffled(member, seed)] as const);
  const at = entries.length ? seed % entries.length : 0;
  return Object.fromEntries([...entries.slice(at), ...entries.slice(0, at)].reverse());
};
const json = fc.jsonValue({ noUnicodeString: false });

test('is JSON of the same value', () => {
  fc.assert(fc.property(json, (value) => expect(JSON.parse(canonicalJson(value))).toEqual(plain(value))));
});

test('does not depend on the order of keys, nor on white space or the spelling of numbers', () => {
  fc.assert(
    fc.property(json, fc.nat(), (value, seed) => {
      expect(canonicalJson(shuffled(value, seed))).toBe(canonicalJson(value));
      expect(canonicalJson(JSON.parse(JSON.stringify(value, null, 2)))).toBe(canonicalJson(plain(value)));
    }),
  );
  expect(canonicalJson(JSON.parse('{"b":1.0,"a":[1e2,"\\u0061"]}'))).toBe('{"a":[100,"a"],"b":1}');
});

test('two values have one text only if they are equal', () => {
  fc.assert(
    fc.property(json, json, (one, other) => {
      const areEqual = isEqual(plain(one), plain(other));
      expect(canonicalJson(plain(one)) === canonicalJson(plain(other))).toBe(areEqual);
    }),
  );
});

test('strings are written as JSON.stringify writes them, lone halves of a pair and control characters included', () => {
  const text = fc.string({
    unit: fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.nat(0xffff)).map(String.fromCharCode),
  });
  fc.assert(fc.property(text, (value) => expect(canonicalJson(value)).toBe(JSON.stringify(value))));
  for (let code = 0; code <= 0xffff; code++) {
    const one = String.fromCharCode(code);
    if (canonicalJson(one) !== JSON.stringify(one)) throw new Error(`U+${code.toString(16)} is written otherwise`);
  }
});

test('members are sorted by UTF-16 code units, numbers among the names too', () => {
  expect(canonicalJson(JSON.parse('{"b":1,"10":2,"9":3,"__proto__":4,"\ue000":5,"\ud83d\ude00":6}'))).toBe(
    '{"10":2,"9":3,"__proto__":4,"b":1,"\ud83d\ude00":6,"\ue000":5}',
  );
});

// What JSON makes of it: no -0.
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const isEqual = (one: unknown, other: unknown): boolean => {
  try {
    expect(one).toEqual(other);
    return true;
  } catch {
    return false;
  }
};
