import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';

const GRACE_MS = 800;
const LOOK_EVERY_MS = 50;
const DEADLINE_MS = 7_000;
/** About 20 µs each when there is nothing to do. */
const QUIET_TURNS = 200;
/** Who was told that his connection ends comes back in a few milliseconds; on a busy machine in some more. */
const QUIET_MS = 25;
const QUIET_WITHIN_MS = 500;

type Draining = {
  /** Ends connections on which nothing has been said: Node counts them as busy, until their headers time out. */
  readonly closeSilent: () => void;
  /** Called when nobody can connect any more. */
  readonly onClosed: () => void;
  readonly log: Logger;
};

/**
 * Stops listening, lets every accepted connection have its answer, then closes it. `server.close()` of node:http would
 * close idle connections at once and cross with requests that are under way on them.
 */
export const drain = async (server: Server, { closeSilent, onClosed, log }: Draining): Promise<void> => {
  if (!server.listening) return;
  const startedAt = performance.now();
  await quietTurns(server);
  const closed = closeListener(server);
  onClosed();
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
 * in each turn. Waits for turns that accept none, which come soon when new requests are held.
 */
const quietTurns = async (server: Server): Promise<void> => {
  let [quiet, since] = [0, performance.now()];
  const onConnection = (): void => void ([quiet, since] = [0, performance.now()]);
  const isQuiet = (): boolean => quiet >= QUIET_TURNS && performance.now() - since > QUIET_MS;
  server.on('connection', onConnection);
  const deadline = performance.now() + QUIET_WITHIN_MS;
  for (; !isQuiet() && performance.now() < deadline; quiet += 1) await nextTurn();
  server.off('connection', onConnection);
};

// Done when the last connection has gone.
const closeListener = (server: Server): Promise<void> =>
  new Promise((resolve) => void NetServer.prototype.close.call(server, () => resolve()));

const isDone = (closed: Promise<void>, withinMs: number): Promise<boolean> =>
  Promise.race([closed.then(() => true), pause(withinMs, false)]);
