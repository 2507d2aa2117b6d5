import { expect, test } from '@jest/globals';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { createWatch } from './watch.ts';

const log = createLogger({ service: 'ops', role: 'test', level: 'silent' });

test('who comes while a look is under way sees the one before at once', async () => {
  const looks: PromiseWithResolvers<number>[] = [];
  const look = () => {
    const asked = Promise.withResolvers<number>();
    looks.push(asked);
    return asked.promise;
  };
  const watch = createWatch(look, log);
  const left = new AbortController();
  const first = Promise.withResolvers<number>();
  watch.follow(first.resolve, left.signal);
  looks[0]?.resolve(1);
  expect(await first.promise).toBe(1);

  const late: number[] = [];
  watch.follow((seen) => late.push(seen), left.signal);
  expect(late).toEqual([1]);
  left.abort();
});
