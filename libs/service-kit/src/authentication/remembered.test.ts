import { expect, test } from '@jest/globals';
import { rememberVerified } from '../authentication.ts';

/** Verifies everything; `lives` says for how long each token is good, from 0 on. */
const remembering = (lives: Readonly<Record<string, number>>, most?: number) => {
  const asked: string[] = [];
  let now = 0;
  const verify = rememberVerified(
    async (token) => {
      asked.push(token);
      return { actor: { userId: token, roles: [], mentorProfileId: null }, expiresAt: now + (lives[token] ?? 0) };
    },
    () => now,
    most,
  );
  return { asked, at: async (time: number, token: string) => ((now = time), (await verify(token)).actor.userId) };
};

test('a token is verified once in a minute', async () => {
  const { asked, at } = remembering({ a: 1e9 });
  expect(await at(0, 'a')).toBe('a');
  expect(await at(59_999, 'a')).toBe('a');
  expect(asked).toEqual(['a']);
  await at(60_000, 'a');
  expect(asked).toEqual(['a', 'a']);
});

test('and never trusted beyond its expiry', async () => {
  const { asked, at } = remembering({ a: 30_000 });
  await at(0, 'a');
  await at(29_999, 'a');
  expect(asked).toEqual(['a']);
  await at(30_000, 'a');
  expect(asked).toEqual(['a', 'a']);
});

test('of more than it may hold the oldest is forgotten', async () => {
  const { asked, at } = remembering({ a: 1e9, b: 1e9, c: 1e9 }, 2);
  for (const token of ['a', 'b', 'a', 'b', 'c', 'b', 'c']) await at(0, token);
  expect(asked).toEqual(['a', 'b', 'c']);
  await at(0, 'a');
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});

test('one that has to be verified again takes no other’s place', async () => {
  const { asked, at } = remembering({ a: 1e9, b: 10 }, 2);
  await at(0, 'a');
  await at(0, 'b');
  await at(20, 'b');
  await at(20, 'a');
  expect(asked).toEqual(['a', 'b', 'b']);
});
