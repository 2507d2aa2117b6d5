import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort } from '@mentor-sessions/local-stack/ports';
import { chooseApiPorts } from './api-ports.ts';

const variables = ['BOOKINGS_PORT', 'SESSIONS_PORT'] as const;
const before = variables.map((name) => process.env[name]);
const give = (values: readonly (string | undefined)[]): void => {
  for (const [index, name] of variables.entries()) {
    if (values[index] === undefined) delete process.env[name];
    else process.env[name] = values[index];
  }
};

let server: Server | undefined;
const occupy = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server = createServer().once('error', reject).listen(port, resolve);
  });
afterEach(() => {
  server?.close();
  give(before);
});

describe('the ports of the two apis', () => {
  test('are the given ones', async () => {
    const [bookings, sessions] = [await freePort(), await freePort()];
    give([String(bookings), String(sessions)]);
    await expect(chooseApiPorts()).resolves.toEqual({ bookings, sessions });
  });

  test('a given one that is taken is an error', async () => {
    const port = await freePort();
    await occupy(port);
    give([undefined, String(port)]);
    await expect(chooseApiPorts()).rejects.toThrow(`SESSIONS_PORT: port ${port} is taken`);
  });

  test.each(['0', '65536', 'http', '-1'])('a given one that is no port is an error: %s', async (value) => {
    give([value, undefined]);
    await expect(chooseApiPorts()).rejects.toThrow(`BOOKINGS_PORT is no port: "${value}"`);
  });

  test('one port for both is an error', async () => {
    const port = String(await freePort());
    give([port, port]);
    await expect(chooseApiPorts()).rejects.toThrow('are both');
  });

  test('are free and different when none is given', async () => {
    give([undefined, undefined]);
    const { bookings, sessions } = await chooseApiPorts();
    expect(bookings).toBeGreaterThanOrEqual(3001);
    expect(sessions).toBeGreaterThanOrEqual(3002);
    expect(bookings).not.toBe(sessions);
  });
});
