import { expect, test } from '@jest/globals';
import { contextOf, isTracing, readTraceparent, traceIdOf, traceparentOf, tracer } from './tracing.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('without tracing a span passes the trace context of its parent on', () => {
  expect(isTracing()).toBe(false);
  const span = tracer.startSpan('a', {}, contextOf(traceparent));
  expect(span.isRecording()).toBe(false);
  expect(traceparentOf(span)).toBe(traceparent);
});

test('without tracing and without a parent a span belongs to no trace', () => {
  expect(traceparentOf(tracer.startSpan('a', {}, contextOf(undefined)))).toBeUndefined();
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
])('rejects what is not a trace context of version 0: %p', (value) => expect(readTraceparent(value)).toBeUndefined());

test('a trace context has a trace id', () => {
  expect(traceIdOf(readTraceparent(traceparent))).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(traceIdOf(undefined)).toBeUndefined();
});
