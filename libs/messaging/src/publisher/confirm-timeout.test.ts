import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { ChannelModel } from 'amqplib';
import { createConfirmTimeout, type ConfirmTimeout } from './confirm-timeout.ts';

const TIMEOUT_MS = 5_000;
/** Two checks, half a second apart: one notes the oldest message, the other notices that it still is. */
const TWO_CHECKS_MS = 1_000;

let connection: EventEmitter;
let unconfirmed: object[];
let timeout: ConfirmTimeout;
let isExpired: boolean;

beforeEach(() => {
  jest.useFakeTimers();
  connection = new EventEmitter();
  unconfirmed = [{}];
  isExpired = false;
  timeout = createConfirmTimeout(connection as unknown as ChannelModel, () => unconfirmed[0], TIMEOUT_MS);
  void timeout.expired.then(() => (isExpired = true));
  timeout.sent();
});
afterEach(() => {
  timeout.stop();
  jest.useRealTimers();
});

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
const expiresAfterTheTimeout = async (): Promise<void> => {
  await pass(TIMEOUT_MS);
  expect(isExpired).toBe(false);
  await pass(TWO_CHECKS_MS);
  expect(isExpired).toBe(true);
};

test('waits for a confirm until the timeout, and no longer', expiresAfterTheTimeout);

test('confirms of later messages do not reset the timeout', async () => {
  unconfirmed = [{}, {}, {}];
  await pass(TIMEOUT_MS / 2);
  unconfirmed.pop();
  timeout.answered('ack');
  await pass(TIMEOUT_MS / 2 + TWO_CHECKS_MS);
  expect(isExpired).toBe(true);
});

test('does not expire while the oldest unconfirmed message changes', async () => {
  unconfirmed = Array.from({ length: 20 }, () => ({}));
  while (unconfirmed.length > 1) {
    await pass(TIMEOUT_MS - TWO_CHECKS_MS);
    unconfirmed.shift();
  }
  expect(isExpired).toBe(false);
  await expiresAfterTheTimeout();
});

test('does not expire while nothing is unconfirmed', async () => {
  unconfirmed = [];
  await pass(60_000);
  expect(jest.getTimerCount()).toBe(0);
  unconfirmed = [{}];
  timeout.sent();
  await expiresAfterTheTimeout();
});

test('pauses while the broker blocks the connection', async () => {
  connection.emit('blocked');
  await pass(60_000);
  expect(isExpired).toBe(false);
  connection.emit('unblocked');
  await expiresAfterTheTimeout();
});

test('expires after nothing but nacks for more than 0.3 s', async () => {
  timeout.answered('nack');
  await pass(300);
  timeout.answered('nack');
  await pass(0);
  expect(isExpired).toBe(false);
  await pass(1);
  timeout.answered('nack');
  await pass(0);
  expect(isExpired).toBe(true);
});

test('does not expire when a confirm arrives between nacks', async () => {
  timeout.answered('nack');
  await pass(200);
  timeout.answered('ack');
  await pass(200);
  timeout.answered('nack');
  await pass(200);
  timeout.answered('nack');
  await pass(0);
  expect(isExpired).toBe(false);
});

test('does not expire once stopped', async () => {
  timeout.stop();
  await pass(60_000);
  expect(isExpired).toBe(false);
});
