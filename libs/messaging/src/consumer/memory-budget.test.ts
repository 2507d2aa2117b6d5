import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { budget, prefetchOf } from './memory-budget.ts';

const repository = new URL('../../../../', import.meta.url);
const limitIn = (file: string): number =>
  Number(
    /max_message_size[ =]+([\d_]+)/.exec(readFileSync(new URL(file, repository), 'utf8'))?.[1]?.replaceAll('_', ''),
  );

test.each(['docker-compose.yml', 'deploy/kubernetes/backing/rabbitmq.yaml'])(
  'the broker of %s refuses messages above the consumers’ limit',
  (file) => {
    expect(limitIn(file)).toBe(budget.largestBody);
  },
);

test.each([
  [undefined, 128],
  [1_024, 16_384],
  [100_000_000, 1],
])('with bodies of %p bytes the prefetch is %p', (largestBody, prefetch) => {
  expect(prefetchOf(largestBody === undefined ? {} : { largestBody })).toBe(prefetch);
});
