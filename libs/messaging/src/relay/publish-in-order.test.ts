import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Refusal, type PublishOutcome } from '../publisher/confirm-channel.ts';
import type { OutboxRow } from './outbox-rows.ts';
import { isAccepted, publishInOrder, type RowResult } from './publish-in-order.ts';

const row = (aggregate_id: string, envelope: string | null, type = 'optional'): OutboxRow => ({
  lane: 0,
  position: '1',
  message_id: '',
  aggregate_id,
  type,
  attempts: 0,
  bytes: 0,
  envelope,
  awaits_standby: false,
});

const mustReachAQueue = (type: string): boolean => type === 'must';

/** What `fate` says of each row, once it is asked to; and the rows as they were asked for and answered. */
const publishing = (fate: (row: OutboxRow) => PublishOutcome) => {
  const wire: string[] = [];
  const publish = async (each: OutboxRow): Promise<PublishOutcome> => {
    wire.push(`${each.envelope} sent`);
    await Promise.resolve();
    wire.push(`${each.envelope} answered`);
    return fate(each);
  };
  return { wire, publish };
};

const resultOf = async (only: OutboxRow, fate: PublishOutcome): Promise<RowResult | undefined> =>
  (await publishInOrder([only], publishing(() => fate).publish, mustReachAQueue)).get(only);

test.each([
  ['confirmed', 'optional', 'published'],
  ['returned', 'optional', 'returned'],
  ['returned', 'must', 'unroutable'],
  ['failed', 'optional', 'failed'],
  ['failed', 'must', 'failed'],
  ['unsent', 'must', 'failed'],
  ['nacked', 'optional', 'nacked'],
  [new Refusal('403'), 'optional', 'refused'],
] as const)('%s of an event that %s reach a queue is %s', async (fate, type, result) => {
  expect(await resultOf(row('a', 'x', type), fate)).toBe(result);
});

test.each([
  ['published', true],
  ['returned', true],
  ['unroutable', false],
  ['failed', false],
  ['nacked', false],
  ['refused', false],
  ['too-large', false],
  ['held', false],
] as const)('what is %s is out: %p', (result, expected) => expect(isAccepted(result)).toBe(expected));

test('does not publish a row without a body: it is too large', async () => {
  const [fits, tooLarge] = [row('a', 'a1'), row('b', null)];
  const { wire, publish } = publishing(() => 'confirmed');
  const results = await publishInOrder([fits, tooLarge], publish, mustReachAQueue);
  expect([results.get(fits), results.get(tooLarge)]).toEqual(['published', 'too-large']);
  expect(wire).toEqual(['a1 sent', 'a1 answered']);
});

test('publishes aggregates in parallel, and each event after the confirm of the one before', async () => {
  const { wire, publish } = publishing(() => 'confirmed');
  await publishInOrder([row('a', 'a1'), row('b', 'b1'), row('a', 'a2')], publish, mustReachAQueue);
  expect(wire).toEqual(['a1 sent', 'b1 sent', 'a1 answered', 'b1 answered', 'a2 sent', 'a2 answered']);
});

test('for any outcomes, events behind a failure of their aggregate are held and were not tried', async () => {
  const fates = fc.constantFrom<PublishOutcome>('confirmed', 'returned', 'failed');
  const planned = fc.record({
    aggregate: fc.constantFrom('a', 'b', 'c'),
    type: fc.constantFrom('must', 'optional'),
    isTooLarge: fc.boolean(),
    fate: fates,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(planned, { maxLength: 12 }), async (plans) => {
      const rows = plans.map(({ aggregate, type, isTooLarge }, n) =>
        row(aggregate, isTooLarge ? null : String(n), type),
      );
      const { wire, publish } = publishing((each) => plans[rows.indexOf(each)]?.fate ?? 'failed');
      const results = await publishInOrder(rows, publish, mustReachAQueue);
      expect(results.size).toBe(rows.length);
      for (const aggregate of ['a', 'b', 'c']) {
        const own = rows.filter(({ aggregate_id }) => aggregate_id === aggregate);
        const seen = own.map((each) => results.get(each) ?? 'held');
        const stop = seen.findIndex((result) => !isAccepted(result));
        expect(seen.slice(stop + 1).every((result) => stop < 0 || result === 'held')).toBe(true);
        const tried = own.filter((each) => wire.includes(`${each.envelope} sent`));
        expect(tried).toEqual(own.filter((each) => !['held', 'too-large'].includes(results.get(each) ?? '')));
      }
    }),
  );
});
