import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort, freePortFrom, freePorts, isPortFree, loopback } from './ports.ts';

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
  test.each([undefined, loopback, '::'])('a port on which somebody listens (on %s) is not free', async (host) => {
    const port = await freePort();
    await expect(isPortFree(port)).resolves.toBe(true);
    await occupy(port, host);
    await expect(isPortFree(port)).resolves.toBe(false);
  });

  test('a taken port gives way to a higher one', async () => {
    const port = await freePort();
    await occupy(port);
    await expect(freePortFrom(port)).resolves.toBeGreaterThan(port);
  });

  test('several free ports are all different', async () => {
    expect(new Set(await freePorts(20)).size).toBe(20);
  });
});
