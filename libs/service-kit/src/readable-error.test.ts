import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { readableError, readableMessage, readableStored } from './readable-error.ts';

const shape = z.object({
  start: z.iso.datetime('must be a time'),
  people: z.array(z.object({ name: z.string('must be text') })),
});
const errorOf = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value);
  if (!error) throw new Error('the schema accepts it');
  return error;
};

test('says which field is wrong, and how', () => {
  const error = errorOf(shape, { start: 'noon', people: [{ name: 1 }] });
  expect(readableMessage(error)).toBe('start: must be a time; people.0.name: must be text');
  expect(readableError(error)).toBe('the schema refuses a value: start: must be a time; people.0.name: must be text');
  expect(readableMessage(errorOf(z.string('must be text'), 1))).toBe('must be text');
});

test('says of many wrong fields how many more there are', () => {
  const text = readableMessage(
    errorOf(
      z.array(z.string('no')),
      Array.from({ length: 1_000 }, () => 1),
    ),
  );
  expect(text).toMatch(/^0: no; 1: no; .*; 19: no; and 980 more$/);
});

test.each([
  ['an error', new TypeError('wrong'), 'TypeError: wrong'],
  ['an error with other issues', Object.assign(new Error('wrong'), { issues: 'none' }), 'Error: wrong'],
  ['a string', 'wrong', 'wrong'],
  ['nothing', undefined, 'undefined'],
])('leaves %s as it is', (_what, error, said) => expect(readableError(error)).toBe(said));

test('reads what was stored before errors were readable, also when it was cut off', () => {
  const { message } = errorOf(shape, { start: 'noon', people: [{ name: 1 }, { name: 2 }] });
  const readable = 'start: must be a time; people.0.name: must be text; people.1.name: must be text';
  expect(readableStored(message)).toBe(readable);
  expect(readableStored(`schema-violation: ${message}`)).toBe(`schema-violation: ${readable}`);
  for (let end = 20; end < message.length; end++) {
    const said = readableStored(message.slice(0, end));
    expect(readable.startsWith(said) || said === 'the schema refuses a value').toBe(true);
  }
});

test.each(['handler refused', 'TypeError: [1] is not known', '[a] b', ''])(
  'leaves the stored text %p as it is',
  (text) => {
    expect(readableStored(text)).toBe(text);
  },
);
