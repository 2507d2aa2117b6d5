import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createVerifiers, refusalOf, verifySimulated } from './simulated.ts';
import type { Traced } from './verify.ts';

let verifiers: Awaited<ReturnType<typeof createVerifiers>>;
beforeAll(async () => {
  verifiers = await createVerifiers();
}, 120_000);
afterAll(() => verifiers.close());

test('accepts what relays and consumers of simulated histories do', async () => {
  const { relays, consumers } = await verifySimulated(verifiers, { histories: 40, seed: 40_000 });
  for (const { refused, accepted, verdict } of [relays, consumers])
    expect([refused, verdict.refusals, accepted > 50]).toEqual([0, [], true]);
});

test.each<[Traced, string, string]>([
  ['relays', 'marked before the confirm', 'relay 0: moved #0, parked none'],
  ['relays', 'no mandatory', 'relay 0: sent without mandatory #0'],
  ['consumers', 'ack before commit', 'consumer 0: acknowledged #0'],
  ['consumers', 'inbox in another transaction', 'consumer 0: committing'],
])('traces of %s show a planted bug: %s', async (of, plant, step) =>
  expect(await refusalOf(verifiers, of, plant)).toBe(step),
);
