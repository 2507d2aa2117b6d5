import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

export const loopback = '127.0.0.1';

/** Whether nothing listens on the port, on any address of this machine. */
export const isPortFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });

/**
 * A port that is free now and likely to stay so: below the range from which systems take the local ports of outgoing
 * connections, so that a server which is stopped and started again finds it free.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    if (await isPortFree(port)) return port;
  }
};

/** Several free ports, all different. */
export const freePorts = async (count: number): Promise<number[]> => {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
};

/** The port itself when it is free, else the next free one above it. */
export const freePortFrom = async (first: number): Promise<number> => {
  for (let port = first; port < 65_536; port += 1) if (await isPortFree(port)) return port;
  throw new Error(`no free port from ${first} on`);
};
