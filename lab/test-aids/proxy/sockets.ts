import { createServer, type Server, type Socket } from 'node:net';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';

/** RST where possible: a socket that is not connected yet, or is being closed, is just closed. */
export const resetSocket = (socket: Socket): void => {
  const isEnding = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || isEnding) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
};

/** Resolves when its buffer is empty, or it is closed. */
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

/** A server whose connections are not read until requested, on the given port or on a free one that it keeps. */
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
