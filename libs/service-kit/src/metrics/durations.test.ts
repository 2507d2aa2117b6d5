import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { durations } from './durations.ts';

const labelNames = ['what', 'how'];
const about = { name: 'took_seconds', help: 'how long it took', labelNames, buckets: [0.001, 0.01, 0.5, 2] };

test('says what the histogram of the library says', async () => {
  const seconds = fc.oneof(fc.constantFrom(0, ...about.buckets), fc.double({ min: 0, max: 5, noNaN: true }));
  const [what, how] = [fc.constantFrom('read', 'written'), fc.constantFrom('well', 'badly')];
  const observed = fc.array(fc.record({ what, how, seconds }));
  await fc.assert(
    fc.asyncProperty(observed, async (all) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const seriesOf = durations({ ...about, registers: [ours] });
      const histogram = new Histogram({ ...about, registers: [theirs] });
      for (const { seconds: took, ...labels } of all) {
        seriesOf(labels.what, labels.how)(took);
        histogram.observe(labels, took);
      }
      expect(await ours.metrics()).toBe(await theirs.metrics());
    }),
  );
});

test('a series is there, at 0, before the first observation, and what is no number is no observation', async () => {
  const registry = new Registry();
  const observe = durations({ ...about, registers: [registry] })('read', 'well');
  for (const not of [NaN, Infinity]) observe(not);
  const page = await registry.metrics();
  expect(page).toContain('took_seconds_bucket{le="+Inf",what="read",how="well"} 0');
  expect(page).toContain('took_seconds_sum{what="read",how="well"} 0');
  expect(page).toContain('took_seconds_count{what="read",how="well"} 0');
});
