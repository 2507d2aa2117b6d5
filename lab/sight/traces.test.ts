import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createWorld } from '../e2e/world.ts';
import type { World } from '../e2e/world.ts';
import { startCollector } from './collector.ts';
import type { Span } from './collector.ts';
import { startEveryRole, walk } from './walk.ts';
import type { Roles } from './walk.ts';
import type { Promised } from '../e2e/bookings.ts';

const newTraceparent = () => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
const traceIdOf = (traceparent: string): string => traceparent.split('-')[1] ?? '';
const spanIdOf = (traceparent: string): string => traceparent.split('-')[2] ?? '';

const traceparent = newTraceparent();
const traceId = traceIdOf(traceparent);

let collector: Awaited<ReturnType<typeof startCollector>>;
let world: World;
let roles: Roles;
let promised: Promised;
let spans: readonly Span[];
beforeAll(async () => {
  collector = await startCollector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, LOG_LEVEL: 'debug' };
  world = await createWorld(undefined, env);
  roles = await startEveryRole(world);
  promised = await walk(world, roles, { traceparent });
  const completed = 'bookings consumer: process session.completed';
  spans = await eventually(
    () => {
      const seen = collector.spans(traceId);
      return names(seen).includes(completed) && seen.length >= EXPECTED.length && seen;
    },
    { within: 20_000, describe: 'the collector has all spans' },
  );
}, 90_000);
afterAll(async () => {
  await world.close();
  collector.close();
}, 60_000);

const called = ({ process, name }: Span): string => `${process}: ${name}`;
const names = (some: readonly Span[]): string[] => some.map(called);

const eventOf = (service: string, consumer: string, type: string): string[] => [
  `${service} relay: outbox ${type}`,
  `${service} relay: publish ${type}`,
  `${consumer} consumer: process ${type}`,
];

const ACCEPTED = [
  'bookings api: PATCH /bookings/{id}/accept',
  ...eventOf('bookings', 'sessions', 'booking.accepted'),
  ...eventOf('sessions', 'bookings', 'session.scheduled'),
];
const STARTED = ['sessions api: PATCH /sessions/{id}/start', ...eventOf('sessions', 'bookings', 'session.started')];
const REFUSED = ['sessions api: PATCH /sessions/{id}/complete'];
const COMPLETED = [
  'sessions api: PATCH /sessions/{id}/complete',
  ...eventOf('sessions', 'bookings', 'session.completed'),
];
const EXPECTED = [...ACCEPTED, ...STARTED, ...REFUSED, ...COMPLETED];

test('one trace over both services has every step, from accept to what bookings receives of the session, and no other', () => {
  expect(names(spans).toSorted()).toEqual(EXPECTED.toSorted());
});

/** From the last step back to the request. */
const chainTo = (last: string): string[] => {
  const chain: string[] = [];
  let at = spans.find((span) => called(span) === last);
  while (at) {
    chain.unshift(called(at));
    const parent: string | undefined = at.parentSpanId;
    at = spans.find(({ spanId }) => spanId === parent);
  }
  return chain;
};

test.each([
  ['accept', ACCEPTED],
  ['start', STARTED],
  ['complete', COMPLETED],
])('from %s each step is the child of the one before', (_, steps) => {
  expect(chainTo(steps.at(-1) ?? '')).toEqual(steps);
});

test('the requests are children of what the caller was doing', () => {
  const requests = spans.filter(({ process }) => process.endsWith(' api'));
  expect(requests).toHaveLength(4);
  expect(new Set(requests.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([spanIdOf(traceparent)]));
});

test('the row in the outbox carries the trace of the request', async () => {
  const [row] = await world.rows.bookings.query(
    "select envelope from outbox_published where type = 'booking.accepted'",
  );
  const [accept] = spans.filter((span) => called(span) === ACCEPTED[0]);
  expect((row?.['envelope'] as { traceparent: string }).traceparent).toBe(`00-${traceId}-${accept?.spanId}-01`);
});

type Line = Readonly<Record<string, unknown>>;
const linesOf = (name: keyof Roles, msg: string): Line[] =>
  roles[name]
    .log()
    .split('\n')
    .filter((line) => line.includes(msg))
    .map((line) => JSON.parse(line) as Line);

test('the logs say which request, booking, session, message and trace', async () => {
  const [row] = await world.rows.bookings.query(
    "select message_id from outbox_published where type = 'booking.accepted'",
  );
  const messageId = row?.['message_id'];
  const { id: bookingId, sessionId } = promised;
  const answered = { msg: 'answered', requestId: expect.stringMatching(/./), traceId };
  const type = 'booking.accepted';
  expect(linesOf('bookings api', 'answered')).toContainEqual(
    expect.objectContaining({ ...answered, resource: bookingId }),
  );
  expect(linesOf('sessions api', 'answered')).toContainEqual(
    expect.objectContaining({ ...answered, resource: sessionId }),
  );
  expect(linesOf('bookings relay', 'publish attempted')).toContainEqual(
    expect.objectContaining({ messageId, correlationId: bookingId, traceId, type, result: 'published' }),
  );
  expect(linesOf('sessions consumer', 'message handled')).toEqual([
    expect.objectContaining({ messageId, bookingId, sessionId, traceId, type }),
  ]);
});
