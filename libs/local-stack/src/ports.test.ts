import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort, freePorts, holdPort, holdPortFrom, loopback } from './ports.ts';

let server: Server | undefined;
const occupy = (port: number, host?: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server = createServer().once('error', reject);
    server.listen(port, host, resolve);
  });
afterEach(() => {
  server?.close();
});

describe('ports', () => {
  test.each([undefined, loopback, '::'])('a port that is taken (on %s) cannot be held', async (host) => {
    const port = await freePort();
    await occupy(port, host);
    await expect(holdPort(port)).resolves.toBeUndefined();
  });

  test('no one else can take a held port until it is released', async () => {
    const held = await holdPort(await freePort());
    await expect(holdPort(held?.port ?? 0)).resolves.toBeUndefined();
    await held?.release();
    await occupy(held?.port ?? 0);
  });

  test('a taken port gives way to a higher one', async () => {
    const port = await freePort();
    await occupy(port);
    const held = await holdPortFrom(port);
    expect(held.port).toBeGreaterThan(port);
    await held.release();
  });

  test('several free ports are all different', async () => {
    expect(new Set(await freePorts(20)).size).toBe(20);
  });
});
