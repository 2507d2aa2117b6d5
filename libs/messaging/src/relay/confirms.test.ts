import { EventEmitter } from 'node:events';
import type { ChannelModel } from 'amqplib';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { watchConfirms, type ConfirmWatch } from './confirms.ts';

const TIMEOUT_MS = 10_000;

let connection: EventEmitter;
let isOwed: boolean;
let watch: ConfirmWatch;
let gaveUp: boolean;

beforeEach(() => {
  jest.useFakeTimers();
  connection = new EventEmitter();
  isOwed = true;
  gaveUp = false;
  watch = watchConfirms(connection as unknown as ChannelModel, () => isOwed, TIMEOUT_MS);
  void watch.hopeless.then(() => (gaveUp = true));
});
afterEach(() => {
  watch.stop();
  jest.useRealTimers();
});

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

test('silence while a confirm is owed is borne for the timeout, and no longer', async () => {
  await pass(TIMEOUT_MS);
  expect(gaveUp).toBe(false);
  await pass(1_000);
  expect(gaveUp).toBe(true);
});

test('an answer begins it anew, be it a refusal', async () => {
  await pass(9_000);
  watch.heard('nack');
  await pass(TIMEOUT_MS);
  expect(gaveUp).toBe(false);
  await pass(2_000);
  expect(gaveUp).toBe(true);
});

test('silence is no fault while nothing is owed', async () => {
  isOwed = false;
  await pass(60_000);
  isOwed = true;
  await pass(TIMEOUT_MS);
  expect(gaveUp).toBe(false);
  await pass(1_000);
  expect(gaveUp).toBe(true);
});

test('the clock stands still while the broker blocks us, and goes on afterwards', async () => {
  connection.emit('blocked');
  await pass(60_000);
  expect(gaveUp).toBe(false);
  connection.emit('unblocked');
  await pass(TIMEOUT_MS);
  expect(gaveUp).toBe(false);
  await pass(1_000);
  expect(gaveUp).toBe(true);
});

test('refusals alone for more than 0.3 s are hopeless', async () => {
  watch.heard('nack');
  await pass(300);
  watch.heard('nack');
  await pass(0);
  expect(gaveUp).toBe(false);
  await pass(1);
  watch.heard('nack');
  await pass(0);
  expect(gaveUp).toBe(true);
});

test('one confirm among refusals is hope', async () => {
  watch.heard('nack');
  await pass(200);
  watch.heard('ack');
  await pass(200);
  watch.heard('nack');
  await pass(200);
  watch.heard('nack');
  await pass(0);
  expect(gaveUp).toBe(false);
});

test('a watch that was stopped gives nothing up', async () => {
  watch.stop();
  await pass(60_000);
  expect(gaveUp).toBe(false);
});
