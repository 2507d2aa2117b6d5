import { EventEmitter } from 'node:events';
import type { ChannelModel } from 'amqplib';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { watchConfirms, type ConfirmWatch } from './confirms.ts';

const TIMEOUT_MS = 5_000;
/** A look each half second sees a message as the oldest, and sees at most half a second later that it still is. */
const LOOKS_MS = 1_000;

let connection: EventEmitter;
let owed: object[];
let watch: ConfirmWatch;
let gaveUp: boolean;

beforeEach(() => {
  jest.useFakeTimers();
  connection = new EventEmitter();
  owed = [{}];
  gaveUp = false;
  watch = watchConfirms(connection as unknown as ChannelModel, () => owed[0], TIMEOUT_MS);
  void watch.hopeless.then(() => (gaveUp = true));
  watch.sent();
});
afterEach(() => {
  watch.stop();
  jest.useRealTimers();
});

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
const isBorneForTheTimeoutOnly = async (): Promise<void> => {
  await pass(TIMEOUT_MS);
  expect(gaveUp).toBe(false);
  await pass(LOOKS_MS);
  expect(gaveUp).toBe(true);
};

test('a confirm that is owed is waited for during the timeout, and no longer', isBorneForTheTimeoutOnly);

test('confirms of later messages are no excuse', async () => {
  owed = [{}, {}, {}];
  await pass(TIMEOUT_MS / 2);
  owed.pop();
  watch.heard('ack');
  await pass(TIMEOUT_MS / 2 + LOOKS_MS);
  expect(gaveUp).toBe(true);
});

test('as long as the oldest changes the broker is at work', async () => {
  owed = Array.from({ length: 20 }, () => ({}));
  while (owed.length > 1) {
    await pass(TIMEOUT_MS - LOOKS_MS);
    owed.shift();
  }
  expect(gaveUp).toBe(false);
  await isBorneForTheTimeoutOnly();
});

test('silence is no fault while nothing is owed', async () => {
  owed = [];
  await pass(60_000);
  expect(jest.getTimerCount()).toBe(0);
  owed = [{}];
  watch.sent();
  await isBorneForTheTimeoutOnly();
});

test('the clock stands still while the broker blocks us, and goes on afterwards', async () => {
  connection.emit('blocked');
  await pass(60_000);
  expect(gaveUp).toBe(false);
  connection.emit('unblocked');
  await isBorneForTheTimeoutOnly();
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
