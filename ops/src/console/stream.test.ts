import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import express from 'express';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { createWatch, streamEvents } from './stream.ts';

const stopping: (() => void)[] = [];
afterEach(() => stopping.splice(0).forEach((stop) => stop()));

const actor = { userId: 'olga', roles: ['operator'], mentorProfileId: null };
const reading = { text: 'x'.repeat(100_000) };

test('a reader that does not read holds one or two readings in memory, not all', async () => {
  let send: (reading: object) => void = () => undefined;
  let response: ServerResponse | undefined;
  const app = express();
  app.use((_, answer, next) => next(void (response = answer)));
  const authenticate = () => Promise.resolve({ actor, expiresAt: Date.now() + 60_000 });
  const watch = { follow: (to: typeof send) => void (send = to) };
  app.get('/events', streamEvents({ authenticate, watch, closing: new AbortController().signal }));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  stopping.push(() => (socket.destroy(), server.closeAllConnections(), server.close()));
  socket.pause().write('GET /events HTTP/1.1\r\nHost: here\r\n\r\n');
  await once(server, 'request');
  await new Promise(setImmediate);
  for (let n = 0; n < 1_000; n += 1) {
    send(reading);
    await new Promise(setImmediate);
  }
  expect(response?.writableLength).toBeGreaterThan(0);
  expect(response?.writableLength).toBeLessThan(5 * reading.text.length);
});

test('a watcher that joins during a reading gets the previous one at once', async () => {
  const readings: PromiseWithResolvers<number>[] = [];
  const read = () => {
    const pending = Promise.withResolvers<number>();
    readings.push(pending);
    return pending.promise;
  };
  const watch = createWatch(read, createLogger({ service: 'ops', role: 'test', level: 'silent' }));
  const closed = new AbortController();
  const first = Promise.withResolvers<number>();
  watch.follow(first.resolve, closed.signal);
  readings[0]?.resolve(1);
  expect(await first.promise).toBe(1);

  const late: number[] = [];
  watch.follow((reading) => late.push(reading), closed.signal);
  expect(late).toEqual([1]);
  closed.abort();
});
