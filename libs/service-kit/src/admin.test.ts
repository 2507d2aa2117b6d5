import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createAdminServer } from './admin.ts';
import type { HttpServer } from './http.ts';
import { createLogger } from './log.ts';

let broker: unknown;
let admin: HttpServer;
beforeEach(async () => {
  broker = true;
  const log = createLogger({ service: 'kit', role: 'test', level: 'silent', pretty: false });
  const checks = {
    database: () => Promise.resolve([{ one: 1 }]),
    broker: () => (broker instanceof Error ? Promise.reject(broker) : broker),
  };
  admin = createAdminServer({ host: '127.0.0.1', port: 0, checks, registry: new Registry(), log });
  await admin.start();
});
afterEach(() => admin.stop());

const look = async (path: string) => {
  const answer = await fetch(admin.url() + path);
  return { status: answer.status, text: await answer.text() };
};
const ready = async () => {
  const { status, text } = await look('/readyz');
  return { status, ...(JSON.parse(text) as object) };
};

test('a process whose checks pass is ready', async () => {
  expect(await ready()).toEqual({ status: 'ready', checks: { database: true, broker: true } });
  expect((await look('/readyz')).status).toBe(200);
});

test.each([
  [false, 'failed'],
  ['no consumer', 'no consumer'],
  [new Error('connection refused'), 'connection refused'],
])('a process with a failing check (%p) is alive but not ready, and says why', async (state, reason) => {
  broker = state;
  expect((await look('/readyz')).status).toBe(503);
  expect(await ready()).toMatchObject({ checks: { database: true, broker: reason } });
  expect((await look('/livez')).status).toBe(200);
});

test('a process that is stopping is not ready', async () => {
  admin.announceStop?.();
  expect((await look('/readyz')).status).toBe(503);
});

test('metrics are there, and nothing else', async () => {
  const { status, text } = await look('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('process_cpu_user_seconds_total');
  expect((await look('/elsewhere')).status).toBe(404);
});
