import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';

const GRACE_MS = 800;
const LOOK_EVERY_MS = 50;
const DEADLINE_MS = 7_000;
const QUIET_TURN_MS = 0.2;
const QUIET_WITHIN_MS = 2_000;

type Draining = { readonly closeSilent: () => void; readonly log: Logger };

/**
 * Stops listening, lets every accepted connection have its answer, then closes it. `server.close()` of node:http would
 * close idle connections at once and cross with requests that are under way on them.
 */
export const drain = async (server: Server, { closeSilent, log }: Draining): Promise<void> => {
  if (!server.listening) return;
  const startedAt = performance.now();
  await quietTurn(server);
  const closed = closeListener(server);
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

/**
 * Closing the listener resets the connections that the system has set up and we have not accepted yet; Node accepts one
 * in each turn. After a turn that accepts none and takes no time hardly one can be waiting.
 */
const quietTurn = async (server: Server): Promise<void> => {
  let accepted = 0;
  const onConnection = (): void => void (accepted += 1);
  server.on('connection', onConnection);
  const beganAt = performance.now();
  let waited = 0;
  let turns = 0;
  await nextTurn(); // the rest of this one may be without a look at the listener
  for (let isQuiet = false; !isQuiet && waited < QUIET_WITHIN_MS; waited = performance.now() - beganAt) {
    const [acceptedBefore, startedAt] = [accepted, performance.now()];
    await nextTurn();
    const shortEnough = QUIET_TURN_MS + waited / 1_000; // where no turn is short, a longer one must do
    isQuiet = accepted === acceptedBefore && performance.now() - startedAt < shortEnough;
    turns++;
  }
  console.error(JSON.stringify({ DIAG: 1, turns, waited, accepted }));
  server.off('connection', onConnection);
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
