import { expect, test } from '@jest/globals';
import { sampled } from './metrics.ts';

test('a second call within the interval gets the same value without a query', async () => {
  let asked = 0;
  const sample = sampled(async () => ++asked, { everySeconds: 3_600 });
  expect([await sample(), await sample()]).toEqual([1, 1]);
});

test('once it is too old it is read again', async () => {
  let asked = 0;
  const sample = sampled(async () => ++asked, { everySeconds: 0 });
  expect([await sample(), await sample()]).toEqual([1, 2]);
});

test('concurrent callers share one query', async () => {
  let asked = 0;
  const sample = sampled(async () => ++asked, { everySeconds: 0 });
  expect(await Promise.all([sample(), sample(), sample()])).toEqual([1, 1, 1]);
});

test('a failure is null, not the previous value', async () => {
  const answers = [Promise.resolve(1), Promise.reject(new Error('away'))];
  const sample = sampled(() => answers.shift() as Promise<number>, { everySeconds: 0 });
  expect([await sample(), await sample()]).toEqual([1, null]);
});

test('a process without a response is not waited for', async () => {
  const answers = [Promise.resolve(1), Promise.withResolvers<number>().promise];
  const sample = sampled(() => answers.shift() as Promise<number>, { everySeconds: 0, patienceMs: 1 });
  expect([await sample(), await sample(), await sample()]).toEqual([1, 1, 1]);
});
