import { expect, test } from '@jest/globals';
import type { Heard } from '@mentor-sessions/lab/send';
import { judge } from './judge.ts';

const problem = (over: object = {}): string =>
  JSON.stringify({ type: 'urn:x', title: 'Not found', status: 404, detail: 'There is no such booking.', ...over });

const answer = (over: Partial<Heard> = {}): Heard => ({
  status: 404,
  headers: {
    'content-type': 'application/problem+json',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  },
  text: problem(),
  ms: 12,
  ...over,
});
const asked = { method: 'GET', path: '/bookings/1' };
const faultsOf = (over: Partial<Heard>, by = asked) => judge(by, answer(over));

test('a correct refusal and a correct response have no fault', () => {
  expect(faultsOf({})).toEqual([]);
  expect(judge(asked, { status: 200, headers: {}, text: '{"id":"1"}', ms: 1 })).toEqual([]);
});

test.each<[string, Partial<Heard>, RegExp]>([
  ['a 500', { status: 500 }, /→ 500/],
  ['a 503', { status: 503 }, /→ 503/],
  ['an answer after more than 2 s', { ms: 2_001 }, /after 2001 ms/],
  ['a late answer that is good', { status: 200, ms: 2_001 }, /after 2001 ms/],
  ['a page of HTML', { headers: { ...answer().headers, 'content-type': 'text/html' } }, /is text\/html/],
  [
    'sniffing allowed',
    { headers: { ...answer().headers, 'x-content-type-options': undefined } },
    /x-content-type-options/,
  ],
  ['caching allowed', { headers: { ...answer().headers, 'cache-control': 'public' } }, /cache-control: public/],
  ['the name of the framework', { headers: { ...answer().headers, 'x-powered-by': 'Express' } }, /what it runs on/],
  ['the name of the server', { headers: { ...answer().headers, server: 'nginx' } }, /what it runs on/],
])('%s is a fault', (_what, over, fault) => {
  expect(faultsOf(over)).toContainEqual(expect.stringMatching(fault));
});

test.each([
  'TypeError: x is not a function',
  'at Object.<anonymous> (/app/services/bookings/src/main.ts:3:7)',
  'select id from bookings',
  'insert into bookings',
  'duplicate key value',
  'new row violates check constraint',
  'connect ECONNREFUSED 127.0.0.1:5432',
  'PostgresError',
  'ZodError',
  'Cannot read properties of undefined (reading id)',
])('an answer that shows our inside is a fault: %s', (detail) => {
  expect(faultsOf({ text: problem({ detail }) })).toContainEqual(expect.stringMatching(/shows our inside/));
  expect(faultsOf({ text: detail })).toContainEqual(expect.stringMatching(/shows our inside/));
});

test('what the caller wrote may come back to them: their path, and the names of their keys', () => {
  const instance = '/bookings/select%20id%20from%20x';
  expect(faultsOf({ text: problem({ instance, errors: [{ path: 'body.pg_sleep', message: 'unknown' }] }) })).toEqual(
    [],
  );
  expect(faultsOf({ text: problem({ errors: [{ path: 'body.a', message: 'pg_sleep' }] }) })).toHaveLength(1);
});

test('two adjacent messages are not a stack trace', () => {
  const errors = ['must have at most 2 values', 'must be a time, like 2026-01-31T09:30:00Z'].map((message) => ({
    message,
  }));
  expect(faultsOf({ text: problem({ errors }) })).toEqual([]);
});

test('a response to HEAD has no body to check', () => {
  expect(faultsOf({ text: 'at x (y.ts:1:1)' }, { ...asked, method: 'HEAD' })).toEqual([]);
});
