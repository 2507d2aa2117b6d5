import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

export const loopback = '127.0.0.1';

export type HeldPort = { readonly port: number; release(): Promise<void> };

/** Listens on it so that no other process takes it; undefined if it is taken, on any address. */
export const holdPort = (port: number): Promise<HeldPort | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, () => {
      server.unref();
      resolve({ port, release: () => new Promise((released) => server.close(() => released())) });
    });
  });

/** The port itself when it is free, else the next free one above it. */
export const holdPortFrom = async (first: number): Promise<HeldPort> => {
  for (let port = first; port < 65_536; port += 1) {
    const held = await holdPort(port);
    if (held) return held;
  }
  throw new Error(`no free port from ${first} on`);
};

/**
 * A port that is free now and likely to stay so: below the range from which systems take the local ports of outgoing
 * connections, so that a server which is stopped and started again finds it free.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const held = await holdPort(randomInt(15_000, 32_000));
    await held?.release();
    if (held) return held.port;
  }
};

/** Several free ports, all different. */
export const freePorts = async (count: number): Promise<number[]> => {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
};
