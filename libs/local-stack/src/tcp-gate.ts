import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { Controllable } from './backing.ts';
import { freePort, loopback } from './ports.ts';

export type TcpGate = Controllable & { readonly port: number };

const join = (one: Socket, other: Socket): void => {
  one.pipe(other);
  one.on('error', () => other.destroy());
  one.on('close', () => other.destroy());
};

/** A port of our own in front of a server that is not ours: while it is shut, connections are cut and refused. */
export const openTcpGate = async (target: { host: string; port: number }): Promise<TcpGate> => {
  const port = await freePort();
  const sockets = new Set<Socket>();
  const track = (socket: Socket): Socket => {
    sockets.add(socket.setNoDelay(true));
    return socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((inner) => {
    const outer = track(connect(target));
    join(track(inner), outer);
    join(outer, inner);
  });
  const open = (): Promise<void> =>
    new Promise((resolve, reject) => server.once('error', reject).listen(port, loopback, resolve));
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await open();
  return { port, start: open, stop: shut, kill: shut };
};
