import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRole } from './roles.ts';
import { startConsole } from './system.ts';
import { portsItListensOn } from './launch.ts';

/** Another checkout's: it listens where ours was to, and answers whatever it is asked. */
let foreign: Server;
let port: number;
beforeAll(async () => {
  foreign = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(foreign, 'listening');
  ({ port } = foreign.address() as AddressInfo);
});
afterAll(() => void foreign.close());

const away = { databaseUrl: 'postgresql://a:b@127.0.0.1:1/c', amqpUrl: 'amqp://a:b@127.0.0.1:1' };
const auth = { issuer: 'us', audience: 'them', jwksFile: '/nowhere' };

test('another program on the port is not mistaken for the console', async () => {
  const { databaseUrl, amqpUrl } = away;
  const database = { operatorDatabaseUrl: databaseUrl };
  const stack = { bookings: database, sessions: database, operatorAmqpUrl: amqpUrl, operatorManagementUrl: undefined };
  await expect(startConsole({ ...stack, auth }, { port })).rejects.toThrow(/EADDRINUSE/);
});

test('nor for a role that is ready', async () => {
  const { databaseUrl: DATABASE_URL, amqpUrl: AMQP_URL } = away;
  const keys = { AUTH_ISSUER: 'us', AUTH_AUDIENCE: 'them', AUTH_JWKS_FILE: '/nowhere' };
  const env = { DATABASE_URL, AMQP_URL, ...keys, SESSIONS_URL: 'http://localhost', ADMIN_PORT: String(port) };
  const role = await startRole({ service: 'bookings', role: 'api', env });
  await expect(role.waitReady()).rejects.toThrow('exited before it was ready');
  expect(role.portWasTaken()).toBe(true);
});

test('the ports are those of its own lines', () => {
  const lines = [
    '{"msg":"listening","component":"admin","port":1}',
    'no JSON',
    '{"msg":"listening","component":"http","url":"http://127.0.0.1:2"}',
    '{"msg":"something else","component":"other","port":3}',
  ];
  const ports = [...portsItListensOn(lines.join('\n'))];
  expect(ports).toEqual([
    ['admin', 1],
    ['http', 2],
  ]);
});
