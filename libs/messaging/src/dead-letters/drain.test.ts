import { expect, test } from '@jest/globals';
import type { ConsumeMessage } from 'amqplib';
import { brokerReason } from './drain.ts';

const delivered = (headers: unknown) => ({ properties: { headers } }) as unknown as ConsumeMessage;
const reasonAfter = (...entries: object[]) => brokerReason(delivered({ 'x-death': entries }), 'mine').reason;

test.each([
  ['delivery_limit', 'delivery-limit'],
  ['expired', 'expired'],
  ['maxlen', 'queue-full'],
  ['rejected', 'rejected'],
  ['something new', 'sent-to-dead-queue'],
])('maps %s in x-death to %s', (word, reason) => {
  expect(reasonAfter({ queue: 'mine', reason: word })).toBe(reason);
});

test('ignores x-death entries of other queues', () => {
  expect(reasonAfter({ queue: 'mine.dead', reason: 'expired' }, { queue: 'mine', reason: 'delivery_limit' })).toBe(
    'delivery-limit',
  );
});

test.each([[undefined], [null], [{}], [{ 'x-death': 'forged' }], [{ 'x-death': [null, 3] }]])(
  'without a usable x-death it was published to the dead queue: %j',
  (headers) => {
    expect(brokerReason(delivered(headers), 'mine').reason).toBe('sent-to-dead-queue');
  },
);
