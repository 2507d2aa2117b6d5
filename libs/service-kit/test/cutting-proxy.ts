import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

type Fault = {
  /** What the client says, in plain text, when the fault is to happen. */
  readonly on: string;
  /** Whether it still reaches the server. */
  readonly pass: boolean;
  /** cut: both ends see the connection go; silence: nobody sees anything. */
  readonly then: 'cut' | 'silence';
};

/** In front of PostgreSQL: from the moment that `fault.on` comes by, no more answers reach the client. */
export const openCuttingProxy = async (targetUrl: string) => {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let fault: Fault | undefined;
  const track = (socket: Socket): Socket => {
    sockets.add(socket.on('error', () => undefined));
    return socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    const upstream = track(connect(Number(target.port), target.hostname));
    let isBroken = false;
    track(client).on('data', (data) => {
      const strikes = fault !== undefined && data.includes(fault.on);
      isBroken ||= strikes;
      if (!isBroken || (strikes && fault?.pass)) upstream.write(data);
      if (strikes && fault?.then === 'cut' && !fault.pass) client.destroy();
    });
    upstream.on('data', (data) => {
      if (!isBroken) client.write(data);
      else if (fault?.then === 'cut') client.destroy();
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    arm: (next: Fault) => void (fault = next),
    disarm: () => void (fault = undefined),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
