import { invalidBytes, invalidJson } from './invalid-json.ts';

/** Good JSON that is not what any route takes; parsers differ on some of it. */
const scalars = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1',
  '-1',
  '1.5',
  '1e5',
  '1E+5',
  '1e-5',
  '0e1',
  '123456789012345678901234567890',
  '1e400',
  '-1e400',
  '1e-400',
  '0.1e1',
  '""',
  '" "',
  '"a"',
  '"\\u0000"',
  '"\\uD800"',
  '"\\uDC00\\uD800"',
  '"\\uD834\\uDD1E"',
  '"\\/\\b\\f\\n\\r\\t"',
  '"\u007f"',
  '"\u2028\u2029"',
  '"𝄞"',
  '"\\u2064"',
  '"{}"',
  '"[object Object]"',
];
const lists = [
  '[]',
  '[[]]',
  '[null]',
  '[{}]',
  '[1,"a",null,{}]',
  ' [] ',
  '[0e+1]',
  '[1e1]',
  '[""]',
  '["a"]',
  '[1]',
  '[-0]',
  `[${'1,'.repeat(5_000)}1]`,
  '[{"listingId":null}]',
];
const objects = [
  '{"":0}',
  '{"a":null}',
  '{"a":1,"a":2}',
  '{"a":{},"a":[]}',
  '{"\\u0000":1}',
  '{"\\uD800":1}',
  '{"constructor":1}',
  '{"prototype":{}}',
  '{"toString":1}',
  '{"hasOwnProperty":1}',
  '{"then":1}',
  '{"toJSON":1}',
  '{"length":9}',
  '{"__proto__":null}',
  '{"__proto__":{"isAdmin":true}}',
  '{"__proto__":[]}',
  '{"constructor":{"prototype":{"isAdmin":true}}}',
  '{"__defineGetter__":1}',
  '{"a":{"__proto__":1}}',
  '{"\\u005f_proto__":1}',
  '{"\\u005F\\u005Fproto\\u005f_":{"a":1}}',
  '{"$ne":null}',
  '{"$gt":""}',
  '{"$where":"sleep(1000)"}',
  '{"$ref":"#/a"}',
  '{"@type":"java.lang.Runtime"}',
  '{"$type":"System.Object"}',
  '{"query":"{__schema{types{name}}}"}',
  '{"jsonrpc":"2.0","method":"x"}',
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
const wide = [
  JSON.stringify(Object.fromEntries(Array.from({ length: 2_000 }, (_, key) => [`k${key}`, key]))),
  JSON.stringify({ notes: 'x'.repeat(60_000) }),
  JSON.stringify({ ['k'.repeat(60_000)]: 1 }),
  JSON.stringify({ metadata: Object.fromEntries(Array.from({ length: 500 }, (_, key) => [`k${key}`, 'v'])) }),
];

const otherShapes: readonly string[] = [...scalars, ...lists, ...objects, ...partly, ...deep, ...wide];

type Body = string | Uint8Array;

const means = (body: Body): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(Buffer.from(body)));
  } catch {
    return undefined;
  }
};

/** `{}` is what a PATCH takes: no attack. */
const isNothing = (body: Body): boolean => {
  const value = means(body);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.keys(value).length === 0;
};

/** In the manner of JSONTestSuite (https://github.com/nst/JSONTestSuite): what is no JSON, what is and must be borne, and what parsers differ on. */
export const bodies: readonly Body[] = [...invalidJson, ...invalidBytes, ...otherShapes].filter(
  (body) => body.length > 0 && !isNothing(body), // a byte order mark before JSON may be ignored (RFC 8259 §8.1)
);
