import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A way to the broker on which connections can fall silent: they stay, and nothing passes any more in either direction. */
export const silentNetwork = async (amqpUrl: string) => {
  const target = new URL(amqpUrl);
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy()).on('close', () => to.destroy() && sockets.delete(from));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const url = new URL(amqpUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    amqpUrl: url.href,
    /** Connections made later are not concerned. */
    fallSilent: (): void => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    /** The broker learns that its peers are gone; until then it hands messages to them. */
    cut,
    close: (): void => {
      cut();
      server.close();
    },
  };
};
