import { afterEach, expect, test } from '@jest/globals';
import { readTraceparent, setTracing, startSpan, traceIdOf } from './tracing.ts';

afterEach(() => setTracing(null));

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('without tracing there is no span, and nobody is asked what it would say', () => {
  const asked = () => {
    throw new Error('asked');
  };
  expect(startSpan('a', asked)).toBeUndefined();
});

test('with tracing a span is started with what it says', () => {
  const begun: unknown[] = [];
  setTracing((...span) => {
    begun.push(span);
    return { traceparent, end: () => undefined };
  });
  expect(startSpan('a', () => ({ kind: 'server', parent: traceparent }))?.traceparent).toBe(traceparent);
  expect(begun).toEqual([['a', { kind: 'server', parent: traceparent }]]);
});

test.each([
  undefined,
  null,
  7,
  '',
  'x',
  `${traceparent}0`,
  traceparent.toUpperCase(),
  traceparent.replace('00-', 'ff-'),
])('what is no trace context of version 0 is none: %p', (value) => expect(readTraceparent(value)).toBeUndefined());

test('a trace context has a trace id', () => {
  expect(traceIdOf(readTraceparent(traceparent))).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(traceIdOf(undefined)).toBeUndefined();
});
