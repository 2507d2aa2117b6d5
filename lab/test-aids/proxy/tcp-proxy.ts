import type { AddressInfo, Socket } from 'node:net';
import { loopback } from '@mentor-sessions/local-stack/ports';
import { createConditions, type FrameMatcher } from './matchers.ts';
import { createCuts, type Cut, type CutOptions } from './cuts.ts';
import type { Direction, ProxyProtocol } from './framer.ts';
import { holdLink, openLink, type Link, type Target } from './link.ts';
import { listen } from './sockets.ts';

export type { Cut } from './cuts.ts';
export { targetOf } from './link.ts';
export type { Direction, ProxyProtocol } from './framer.ts';
export { isAck, isCommit, isConfirm, isDelivery, isPublish, isStatement, type FrameMatcher } from './matchers.ts';

export type ProxyOptions = {
  readonly target: Target;
  /** The protocol, for cuts at frames. Default: opaque. */
  readonly protocol?: ProxyProtocol;
  /** Source of the jitter; default Math.random. */
  readonly random?: () => number;
  /** Default: a free one. */
  readonly port?: number;
};

/** A controllable network in front of one server. Conditions apply to existing and new connections until `heal()`. */
export const openTcpProxy = async (options: ProxyOptions) => {
  const { protocol = 'opaque', random = Math.random } = options;
  const conditions = createConditions(random);
  const cuts = createCuts();
  const links = new Set<Link>();
  const silent = new Set<Direction>();
  let { target } = options;

  const accept = (client: Socket): void => {
    client.on('error', () => undefined);
    const link = silent.size === 2 ? holdLink(client) : openLink(client, target, { conditions, cuts, protocol });
    links.add(link);
    for (const socket of link.sockets) {
      socket.on('close', () => link.sockets.every(({ closed }) => closed) && links.delete(link));
    }
    for (const direction of silent) link.silence(direction);
  };
  const resetIf = (concerns: (link: Link) => boolean): void => {
    for (const link of [...links].filter(concerns)) link.reset();
  };
  const resetAll = (): void => resetIf(() => true);
  const arm = (...cut: Parameters<typeof cuts.arm>): Cut => {
    if (protocol === 'opaque') throw new Error('a proxy cuts at frames only if it knows the protocol');
    return cuts.arm(...cut);
  };
  const server = await listen(options.port, accept);
  const { port } = server.address() as AddressInfo;

  return {
    port,
    /** The same URL, through the proxy. */
    through: (url: string): string => Object.assign(new URL(url), { hostname: loopback, port: String(port) }).href,
    /** Connected clients; the proxy does not notice when those behind a black hole disconnect. */
    connections: (): number => links.size,
    /** Delays each chunk and each close in each direction, ± jitter (ms); keeps their order. */
    latency: (latencyMs: number, jitterMs = 0): void => void Object.assign(conditions, { latencyMs, jitterMs }),
    /** Forwards pieces of at most so many bytes, each in its own packet. */
    slice: (sliceBytes: number): void => void Object.assign(conditions, { sliceBytes }),
    /** Of each connection and direction. */
    bandwidth: (bytesPerSecond: number): void => void Object.assign(conditions, { bytesPerSecond }),
    /**
     * Nothing passes any more, neither bytes nor closes; sockets stay open, and new connections are accepted.
     * With a direction, only that one.
     */
    blackHole: (direction?: Direction): void => {
      for (const each of direction ? [direction] : (['up', 'down'] as const)) {
        silent.add(each);
        for (const link of links) link.silence(each);
      }
    },
    /** Resets all connections on both sides. */
    reset: resetAll,
    /** Delays closes (ms). */
    slowClose: (slowCloseMs: number): void => void Object.assign(conditions, { slowCloseMs }),
    /** Refuses new connections; existing ones stay. */
    refuse: (): void => void server.close(),
    /**
     * Restores plain forwarding and disarms cuts. Silenced connections have lost bytes and are reset; delayed ones continue.
     * Listens again before any later connection is opened.
     */
    heal: (): void => {
      conditions.calmDown();
      cuts.cancelAll();
      silent.clear();
      resetIf((link) => link.isSilenced());
      if (!server.listening) server.listen(port, loopback);
    },
    /** Connects new clients to another server; resets existing connections. */
    retarget: (next: Target): void => {
      target = next;
      resetAll();
    },
    /** Forwards everything before the frame, not the frame itself; then both sides are reset, closed or silent. */
    cutBefore: (match: FrameMatcher, more?: CutOptions): Cut => arm('before', match, more),
    /**
     * Forwards the frame, and nothing in either direction after it. Both sides are reset as soon
     * as its answer reaches the proxy (the end of a query, the confirm of a publish), after 2 s without one, or
     * after 50 ms if it has none; alternatively they are closed then, or silent at once.
     */
    cutAfter: (match: FrameMatcher, more?: CutOptions): Cut => arm('after', match, more),
    /** Resets all connections and frees the port. */
    close: async (): Promise<void> => {
      const closed = new Promise((resolve) => server.close(resolve));
      resetAll();
      await closed;
    },
  };
};

export type TcpProxy = Awaited<ReturnType<typeof openTcpProxy>>;
