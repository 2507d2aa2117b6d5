import { describe, expect, test } from '@jest/globals';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  test('returns the first value of the check that is one', async () => {
    const answers = [undefined, null, false, 0];
    await expect(eventually(() => answers.shift(), { every: 1 })).resolves.toBe(0);
  });

  test('on timeout names what it waited for and the last value', async () => {
    const wait = eventually(() => Promise.reject(new Error('3 rows left')), {
      within: 5,
      every: 1,
      describe: 'the outbox is empty',
    });
    await expect(wait).rejects.toThrow(/^not within 5 ms \(\d+ checks\): the outbox is empty; last seen: 3 rows left$/);
  });

  test('takes a check that throws at first and then does not', async () => {
    let checks = 0;
    const check = () => {
      checks += 1;
      if (checks < 3) throw new Error('not yet');
      return 'there';
    };
    await expect(eventually(check, { every: 1 })).resolves.toBe('there');
  });
});
