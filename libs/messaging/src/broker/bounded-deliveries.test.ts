import { expect, test } from '@jest/globals';
import { boundedHeaders } from './bounded-deliveries.ts';

const death = [{ queue: 'mine', reason: 'expired', 'routing-keys': ['a', 'b'] }];
const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`field-${n}`, true]));

test('keeps few headers unchanged', () => {
  const headers = { traceparent: '00-1', 'x-death': death, other: Buffer.alloc(1_000) };
  expect(boundedHeaders(headers)).toBe(headers);
});

test.each([
  ['many fields', many],
  ['a list in a field', { list: Array<number>(5_000).fill(1) }],
  ['tables in each other', { a: { b: { c: many } } }],
])('keeps the beginning of %s as text, beside the headers in use', (_what, headers) => {
  const bounded = boundedHeaders({ traceparent: '00-1', 'x-death': death, ...headers });
  expect(bounded).toMatchObject({ traceparent: '00-1', 'x-death': death });
  expect(Object.keys(bounded)).toEqual(['traceparent', 'x-death', 'x-headers-begin']);
  expect(JSON.stringify(bounded).length).toBeLessThan(10_000);
});

test('does not keep a forged x-death with thousands of entries', () => {
  expect(Object.keys(boundedHeaders({ 'x-death': Array<object>(5_000).fill({}) }))).toEqual(['x-headers-begin']);
});

test('counts the table in a field __proto__, which amqplib makes the prototype', () => {
  const headers = Object.setPrototypeOf({ traceparent: '00-1' }, many) as object;
  expect(Object.keys(boundedHeaders(headers))).toEqual(['traceparent', 'x-headers-begin']);
  expect(Object.keys(boundedHeaders({ traceparent: '00-1', inner: headers }))).toEqual([
    'traceparent',
    'x-headers-begin',
  ]);
});

test('does not throw for tables nested beyond the stack', () => {
  const deep = Array.from({ length: 200_000 }).reduce<object>((inner) => ({ a: inner }), {});
  expect(boundedHeaders({ deep })).toEqual({ 'x-headers-begin': 'nested too deeply' });
});
