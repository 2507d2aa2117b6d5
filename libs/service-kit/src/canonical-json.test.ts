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
