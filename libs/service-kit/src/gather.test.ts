import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gather } from './gather.ts';

type Batch<Item> = { readonly items: readonly Item[]; done(): void; fail(error: Error): void };

/** A gatherer whose batches end when the test says so. */
const gathering = (given: Partial<Parameters<typeof gather<string, string>>[0]> = {}) => {
  const batches: Batch<string>[] = [];
  const ask = gather<string, string>({
    places: 1,
    most: 10,
    work: (items) =>
      new Promise((resolve, reject) => {
        batches.push({ items, done: () => resolve(items.map((item) => `answer to ${item}`)), fail: reject });
      }),
    ...given,
  });
  return { ask, batches };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what arrives in one turn of the event loop is one batch', async () => {
  const { ask, batches } = gathering();
  for (const item of ['a', 'b']) void ask(item);
  await settled();
  expect(batches.map(({ items }) => items)).toEqual([['a', 'b']]);
});

test('items that arrive while a batch is under way become the next batch', async () => {
  const { ask, batches } = gathering();
  const first = ask('a');
  await settled();
  const answers = [first, ask('b'), ask('c')];
  await settled();
  batches[0]?.done();
  await settled();
  expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c']]);
  batches[1]?.done();
  expect(await Promise.all(answers)).toEqual(['answer to a', 'answer to b', 'answer to c']);
});

test('a batch has no more items and bytes than it may, and at least one item', async () => {
  const { ask, batches } = gathering({ most: 3, mostBytes: 10, bytesOf: (item) => item.length });
  for (const item of ['first', 'a', 'b', 'c', 'd', 'eight888', 'nine99999', 'longer than the budget', 'z'])
    void ask(item);
  await settled();
  for (let n = 0; n < 4; n += 1) {
    batches[n]?.done();
    await settled();
  }
  expect(batches.map(({ items }) => items)).toEqual([
    ['first', 'a', 'b'],
    ['c', 'd', 'eight888'],
    ['nine99999', 'z'],
    ['longer than the budget'],
  ]);
});

test('items with a key in common are never under way at the same time, and others do not wait for them', async () => {
  const { ask, batches } = gathering({ places: 2, keysOf: (item) => [item.charAt(0)] });
  for (const item of ['a1', 'a2', 'b1', 'c1', 'a3']) {
    void ask(item);
    await settled();
  }
  expect(batches.map(({ items }) => items)).toEqual([['a1'], ['b1']]);
  batches[1]?.done();
  await settled();
  expect(batches.map(({ items }) => items)).toEqual([['a1'], ['b1'], ['c1']]);
  batches[0]?.done();
  await settled();
  expect(batches.at(-1)?.items).toEqual(['a2']);
});

test('a batch that fails fails its own items only', async () => {
  const { ask, batches } = gathering();
  const first = ask('a');
  await settled();
  const second = ask('b');
  batches[0]?.fail(new Error('refused'));
  await expect(first).rejects.toThrow('refused');
  await settled();
  batches[1]?.done();
  expect(await second).toBe('answer to b');
});

test('a batch with too few results fails', async () => {
  const ask = gather<string, string>({ work: () => Promise.resolve([]), places: 1, most: 1 });
  await expect(ask('a')).rejects.toThrow('0 results for 1 items');
});

test('hanging batches release their places to others', async () => {
  const { ask, batches } = gathering({ places: 2 });
  for (const item of ['stuck 1', 'stuck 2']) {
    void ask(item);
    await settled();
  }
  for (const item of ['c', 'd']) void ask(item);
  expect(batches).toHaveLength(2);
  while (batches.length < 3) await settled();
  expect(batches[2]?.items).toEqual(['c', 'd']);
  batches[2]?.done();
  for (const { done } of batches) done();
  await settled();
  for (const item of ['e', 'f', 'g']) {
    void ask(item);
    await settled();
  }
  expect(batches).toHaveLength(5); // two places again, and not more
});

test('each caller gets the answer to its own item, whatever the order in which batches end and fail', async () => {
  const items = fc.array(fc.record({ key: fc.integer({ max: 5, min: 0 }), bytes: fc.integer({ min: 0, max: 40 }) }));
  const limits = fc.record({ places: fc.integer({ min: 1, max: 4 }), most: fc.integer({ min: 1, max: 5 }) });
  await fc.assert(
    fc.asyncProperty(items, limits, fc.infiniteStream(fc.nat(100)), async (all, given, chance) => {
      const next = (): number => chance.next().value ?? 0;
      const underWay: { readonly items: readonly number[]; end(): void }[] = [];
      const ask = gather<number, string>({
        ...given,
        mostBytes: 60,
        bytesOf: (n) => all[n]?.bytes ?? 0,
        keysOf: (n) => [String(all[n]?.key)],
        work: (batch) =>
          new Promise((resolve, reject) => {
            const fails = next() < 20;
            const end = () => (fails ? reject(new Error(batch.join())) : resolve(batch.map((n) => `answer ${n}`)));
            underWay.push({ items: batch, end });
          }),
      });
      const answers = all.map((_, n) => ask(n).catch((error: Error) => error.message.split(',').map(Number)));
      await settled();
      while (underWay.length > 0) {
        const keys = underWay.flatMap((batch) => batch.items.map((n) => all[n]?.key));
        expect(new Set(keys).size).toBe(keys.length);
        expect(underWay.length).toBeLessThanOrEqual(given.places);
        for (const batch of underWay) expect(batch.items.length).toBeLessThanOrEqual(given.most);
        underWay.splice(next() % underWay.length, 1)[0]?.end();
        await settled();
      }
      for (const [n, answer] of (await Promise.all(answers)).entries()) {
        if (Array.isArray(answer)) expect(answer).toContain(n);
        else expect(answer).toBe(`answer ${n}`);
      }
    }),
    { numRuns: 200 },
  );
});
