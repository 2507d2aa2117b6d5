import { expect, test } from '@jest/globals';
import { classifyEntries } from './inbox.ts';
import type { Message } from './message.ts';

const message = (id: string, content = 'as ever') => ({ id, contentHash: Buffer.from(content) }) as Message;
const known = new Map([['known', Buffer.from('as ever')]]);
const isFresh = (id: string): boolean => id === 'fresh';

test('a message is fresh, a duplicate, or has different content under a known id', () => {
  const [fresh, copy, forged] = [message('fresh', 'as ever'), message('known'), message('known', 'other')];
  expect(classifyEntries([copy, fresh, forged], isFresh, known)).toEqual({
    fresh: [fresh],
    duplicates: [copy],
    mismatches: [forged],
  });
});

test('throws for a message that is neither fresh nor in the inbox, so that it is retried', () => {
  expect(() => classifyEntries([message('lost')], isFresh, known)).toThrow('inbox.content_hash of lost is null');
});
