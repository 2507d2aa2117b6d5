import { expect, test } from '@jest/globals';
import { classifyEntries } from './inbox.ts';
import type { Message } from './message.ts';

const message = (id: string, content = 'as ever') => ({ id, contentHash: Buffer.from(content) }) as Message;
const known = new Map([['known', Buffer.from('as ever')]]);
const isFresh = (id: string): boolean => id === 'fresh';

test('a message is fresh, a copy of one that is known, or another one under its id', () => {
  const [fresh, copy, forged] = [message('fresh', 'as ever'), message('known'), message('known', 'other')];
  expect(classifyEntries([copy, fresh, forged], isFresh, known)).toEqual({
    fresh: [fresh],
    duplicates: [copy],
    mismatches: [forged],
  });
});

test('a message that is neither fresh nor in the inbox is no fault of the message: it throws, and is tried again', () => {
  expect(() => classifyEntries([message('lost')], isFresh, known)).toThrow('inbox.content_hash of lost is null');
});
