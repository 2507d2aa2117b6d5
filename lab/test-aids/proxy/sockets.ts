import { createServer, type Server, type Socket } from 'node:net';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';

/** RST, where the system lets us: a socket that is not connected yet, or whose FIN is on its way, is just closed. */
export const resetSocket = (socket: Socket): void => {
  const isEnding = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || isEnding) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
};

/** Until its buffer has been emptied, or it is closed. */
export const untilWritable = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (!socket.writableNeedDrain || socket.destroyed) return resolve();
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });

const listenOn = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, loopback, () => {
      server.off('error', reject);
      resolve();
    });
  });

const isTaken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';

/** A server whose connections are not read before someone asks, on the given port or on a free one to which it can return. */
export const listen = async (port: number | undefined, onConnection: (socket: Socket) => void): Promise<Server> => {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, onConnection);
  for (let tries = 1; ; tries += 1) {
    try {
      await listenOn(server, port ?? (await freePort()));
      return server;
    } catch (error) {
      if (port !== undefined || tries === 5 || !isTaken(error)) throw error;
    }
  }
};
