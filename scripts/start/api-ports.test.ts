import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort, freePorts, holdPort } from '@mentor-sessions/local-stack/ports';
import type { HeldPort } from '@mentor-sessions/local-stack/ports';
import { holdApiPorts } from './api-ports.ts';
import type { ApiPorts } from './api-ports.ts';

const variables = ['BOOKINGS_PORT', 'SESSIONS_PORT'] as const;
const before = variables.map((name) => process.env[name]);
const give = (values: readonly (string | undefined)[]): void => {
  for (const [index, name] of variables.entries()) {
    if (values[index] === undefined) delete process.env[name];
    else process.env[name] = values[index];
  }
};

const held: HeldPort[] = [];
const hold = async (): Promise<ApiPorts> => {
  const ports = await holdApiPorts(() => undefined);
  held.push(ports.bookings, ports.sessions);
  return ports;
};
const occupy = async (port: number): Promise<void> => {
  held.push((await holdPort(port)) as HeldPort);
};
afterEach(async () => {
  for (const each of held.splice(0)) await each.release();
  give(before);
});

describe('the ports of the two apis', () => {
  test('are the given ones', async () => {
    const [bookings, sessions] = await freePorts(2);
    give([String(bookings), String(sessions)]);
    await expect(hold()).resolves.toMatchObject({ bookings: { port: bookings }, sessions: { port: sessions } });
  });

  test('a given port that is in use is an error', async () => {
    const [bookings = 0, sessions = 0] = await freePorts(2);
    await occupy(sessions);
    give([String(bookings), String(sessions)]);
    await expect(hold()).rejects.toThrow(`SESSIONS_PORT: port ${sessions} is taken`);
  });

  test.each(['0', '65536', 'http', '-1'])('a given value that is not a port is an error: %s', async (value) => {
    give([value, undefined]);
    await expect(hold()).rejects.toThrow(`BOOKINGS_PORT is not a port: "${value}"`);
  });

  test('one port for both is an error', async () => {
    const port = String(await freePort());
    give([port, port]);
    await expect(hold()).rejects.toThrow(`SESSIONS_PORT: port ${port} is taken`);
  });

  test('are free, different and not those of another start when none is given', async () => {
    give([undefined, undefined]);
    const [one, other] = [await hold(), await hold()];
    const ports = [one.bookings, one.sessions, other.bookings, other.sessions].map(({ port }) => port);
    expect(new Set(ports).size).toBe(4);
  });
});
