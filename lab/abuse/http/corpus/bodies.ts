import invalid from './fixtures/invalid-json.json' with { type: 'json' };
import other from './fixtures/other-json.json' with { type: 'json' };

const controlCharacters = Array.from({ length: 32 }, (_, code) => `"a${String.fromCharCode(code)}b"`);
const endless = ['['.repeat(10_000), '[{"":'.repeat(5_000), '{"a":'.repeat(5_000), '['.repeat(500) + ']'.repeat(499)];

const invalidJson: readonly string[] = [...Object.values(invalid).flat(), ...controlCharacters, ...endless];

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

const inText = (...values: readonly number[]): Uint8Array => bytes(0x22, ...values, 0x22);

/** Bytes that are invalid alone in UTF-8. */
const stray = [0x80, 0xbf, 0xc0, 0xc1, 0xe5, 0xf5, 0xf8, 0xfc, 0xfe, 0xff];
const inUtf16 = ['{}', '[]', '"a"'].map((text) => Buffer.from(text, 'utf16le'));

/** Invalid UTF-8, and other encodings of JSON. */
const invalidBytes: readonly Uint8Array[] = [
  ...stray.map((byte) => inText(byte)),
  inText(0xc0, 0xaf),
  inText(0xe0, 0x80, 0xaf),
  inText(0xed, 0xa0, 0x80),
  inText(0xf4, 0x90, 0x80, 0x80),
  inText(0xe2, 0x82),
  bytes(0xff),
  bytes(0x7b, 0xff, 0x7d),
  bytes(0xef, 0xbb, 0xbf),
  bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d),
  bytes(0xfe, 0xff),
  bytes(0x1f, 0x8b, 8, 0),
  ...inUtf16,
  ...inUtf16.map((text) => Buffer.from(text).swap16()),
  Buffer.from('{"é":"ü"}', 'latin1'),
  Buffer.alloc(1_000),
  Buffer.alloc(60_000, 0x5b),
];

const partly = ['listingId', 'mentorProfileId', 'start', 'end', 'notes', 'metadata'].flatMap((field) =>
  ['null', '0', 'true', '[]', '{}', '""', '"a"', '[{}]'].map((value) => `{"${field}":${value}}`),
);
const deep = [
  '['.repeat(1_000) + ']'.repeat(1_000),
  '{"a":'.repeat(1_000) + '1' + '}'.repeat(1_000),
  '['.repeat(20_000) + ']'.repeat(20_000),
  `{"metadata":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
];
const keys = (count: number, value: (key: number) => unknown): object =>
  Object.fromEntries(Array.from({ length: count }, (_, key) => [`k${key}`, value(key)]));
const wide = [
  `[${'1,'.repeat(5_000)}1]`,
  JSON.stringify(keys(2_000, (key) => key)),
  JSON.stringify({ notes: 'x'.repeat(60_000) }),
  JSON.stringify({ ['k'.repeat(60_000)]: 1 }),
  JSON.stringify({ metadata: keys(500, () => 'v') }),
];

/** Valid JSON that no route accepts; parsers differ on some of it. */
const otherShapes: readonly string[] = [...Object.values(other).flat(), ...partly, ...deep, ...wide];

type Body = string | Uint8Array;

const parsed = (body: Body): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(Buffer.from(body)));
  } catch {
    return undefined;
  }
};

/** Not an attack: PATCH accepts `{}`. */
const isEmptyObject = (body: Body): boolean => {
  const value = parsed(body);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.keys(value).length === 0;
};

/** As in JSONTestSuite (https://github.com/nst/JSONTestSuite): invalid JSON, valid JSON that must be accepted, and JSON on which parsers differ. */
export const bodies: readonly Body[] = [...invalidJson, ...invalidBytes, ...otherShapes].filter(
  (body) => body.length > 0 && !isEmptyObject(body), // a byte order mark before JSON may be ignored (RFC 8259 §8.1)
);
