import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { durations } from './durations.ts';

const about = { name: 'took_seconds', help: 'how long it took', labelNames: ['what'], buckets: [0.001, 0.01, 0.5, 2] };

test('says what the histogram of the library says', async () => {
  const seconds = fc.oneof(fc.constantFrom(0, ...about.buckets), fc.double({ min: 0, max: 5, noNaN: true }));
  const observed = fc.array(fc.tuple(fc.constantFrom('read', 'written'), seconds), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(observed, async (all) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const seriesOf = durations({ ...about, registers: [ours] });
      const whats = new Set(all.map(([what]) => what));
      const series = new Map([...whats].map((what) => [what, seriesOf({ what })]));
      const histogram = new Histogram({ ...about, registers: [theirs] });
      for (const [what, took] of all) {
        series.get(what)!(took);
        histogram.observe({ what }, took);
      }
      expect(await ours.metrics()).toBe(await theirs.metrics());
    }),
  );
});

test('a series is there, at 0, before the first observation, and what is no number is no observation', async () => {
  const registry = new Registry();
  const observe = durations({ ...about, registers: [registry] })({ what: 'read' });
  for (const not of [NaN, Infinity]) observe(not);
  const page = await registry.metrics();
  expect(page).toContain('took_seconds_bucket{le="+Inf",what="read"} 0');
  expect(page).toContain('took_seconds_sum{what="read"} 0');
  expect(page).toContain('took_seconds_count{what="read"} 0');
});
