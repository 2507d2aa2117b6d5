import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';

const GRACE_MS = 800;
const LOOK_EVERY_MS = 50;
const DEADLINE_MS = 7_000;

type Draining = { readonly closeSilent: () => void; readonly log: Logger };

/**
 * Stops listening, lets every accepted connection have its answer, then closes it. `server.close()` of node:http would
 * close idle connections at once and cross with requests that are under way on them.
 */
export const drain = async (server: Server, { closeSilent, log }: Draining): Promise<void> => {
  if (!server.listening) return;
  // Right after a turn of polling, what had connected is accepted; closing the listener resets what has not been.
  await nextTurn();
  await nextTurn();
  const closed = closeListener(server);
  const startedAt = performance.now();
  while (!(await isDone(closed, LOOK_EVERY_MS))) {
    const passed = performance.now() - startedAt;
    if (passed > GRACE_MS) {
      server.closeIdleConnections();
      closeSilent();
    }
    if (passed < DEADLINE_MS) continue;
    log.warn('connections cut: not answered in time');
    server.closeAllConnections();
  }
  server.close(() => undefined); // already closed: ends Node's own timer of this server
};

// Done when the last connection has gone.
const closeListener = (server: Server): Promise<void> =>
  new Promise((resolve) => void NetServer.prototype.close.call(server, () => resolve()));

const isDone = (closed: Promise<void>, withinMs: number): Promise<boolean> =>
  Promise.race([closed.then(() => true), pause(withinMs, false)]);

/** Connections on which nothing has been said: Node counts them as busy, until their headers time out. */
export const trackSilent = (server: Server): Pick<Draining, 'closeSilent'> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    closeSilent: () => {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    },
  };
};
