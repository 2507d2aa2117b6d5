import { expect, test } from '@jest/globals';
import { readAll, recording } from '../recordings/recording.ts';
import { answerTo, isAck, isConfirm, isDelivery, isPublish } from './matchers.ts';
import type { AmqpFrame } from './framer.ts';

const located = readAll('amqp', recording('amqp'));
const frames = located.map(({ frame }) => frame as AmqpFrame);

test('a publisher’s and consumer’s methods are named', () => {
  const said = frames.filter(({ direction }) => direction === 'up').map(({ method }) => method);
  expect(said.slice(0, 9)).toEqual([
    'header',
    'connection.start-ok',
    'connection.tune-ok',
    'connection.open',
    'channel.open',
    'confirm.select',
    'exchange.declare',
    'queue.declare',
    'queue.bind',
  ]);
});

test('a publish ends with its body and knows the tag of its confirm', () => {
  const published = frames.filter(isPublish);
  expect(published.map(({ routingKey, bodyBytes, confirmTag }) => [routingKey, bodyBytes, confirmTag])).toEqual([
    ['thing.made', 2, 1],
    ['thing.made', 0, 2],
    ['thing.grown', 6_000, 3],
    ['nobody.listens', 1, 4],
  ]);
  expect(new Set(published.map(({ exchange }) => exchange))).toEqual(new Set(['recorded']));
});

test('deliveries, acknowledgements and confirms are distinguished', () => {
  const tags = (matches: typeof isAck) =>
    frames.filter(matches).map(({ deliveryTag, multiple }) => `${deliveryTag}${multiple ? ' and before' : ''}`);
  expect(tags(isDelivery)).toEqual(['1', '2', '3']);
  expect(tags(isAck)).toEqual(['1', '2', '3']);
  expect(tags(isConfirm)).toEqual(['2 and before', '4', '3']);
});

test('the answer to a publish is the confirm that covers it, and no other', () => {
  const answered = frames.filter(isPublish).map((frame) => {
    const isAnswer = answerTo(frame);
    return frames.filter((later) => isAnswer?.(later)).map(({ deliveryTag }) => deliveryTag);
  });
  // 1 and 2 are confirmed together
  expect(answered).toEqual([[2], [2], [3], [4]]);
  expect(answerTo(frames.filter(isAck)[0] as AmqpFrame)).toBeUndefined();
});
