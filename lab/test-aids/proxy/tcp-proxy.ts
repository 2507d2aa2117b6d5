import type { AddressInfo, Socket } from 'node:net';
import { loopback } from '@mentor-sessions/local-stack/ports';
import { createConditions } from './matchers.ts';
import { createCuts, type Cut, type CutOptions } from './cuts.ts';
import type { Direction, ProxyProtocol } from './framer.ts';
import { holdLink, openLink, type Link, type Target } from './link.ts';
import type { FrameMatcher } from './matchers.ts';
import { listen } from './sockets.ts';

export type { Cut } from './cuts.ts';
export type { Direction, ProxyProtocol } from './framer.ts';
export { isAck, isCommit, isConfirm, isDelivery, isPublish, isStatement, type FrameMatcher } from './matchers.ts';

export type ProxyOptions = {
  readonly target: Target;
  /** What is spoken; needed for cuts at frames. Default: opaque. */
  readonly protocol?: ProxyProtocol;
  /** Decides the jitter; default Math.random. */
  readonly random?: () => number;
  /** Default: a free one. */
  readonly port?: number;
};

/** A network of our own in front of one server. What is set holds for existing and new connections until `heal()`. */
export type TcpProxy = {
  readonly port: number;
  /** The same URL, through the proxy. */
  through(url: string): string;
  /** How many clients are connected, as far as the proxy can know: of those behind a black hole it does not see the end. */
  connections(): number;
  /** Each chunk, and each close, takes so long in each direction, ± jitter (ms); their order is kept. */
  latency(ms: number, jitterMs?: number): void;
  /** Forwards in pieces of at most so many bytes, each in a packet of its own. */
  slice(bytes: number): void;
  /** Of each connection and direction. */
  bandwidth(bytesPerSecond: number): void;
  /**
   * Nothing passes any more, neither bytes nor closes, and sockets stay open; new connections are accepted as silently.
   * With a direction only that one is silent, the other goes on.
   */
  blackHole(direction?: Direction): void;
  /** RST on all connections, on both sides. */
  reset(): void;
  /** That one side has closed reaches the other only after so long (ms). */
  slowClose(ms: number): void;
  /** New connections are refused, existing ones stay. */
  refuse(): void;
  /**
   * Plain forwarding, and no cut is armed any more. What was silenced has lost bytes and is reset; what was delayed goes on.
   * The port is listened on again before any connection that is opened later.
   */
  heal(): void;
  /** New connections go there, existing ones are reset. */
  retarget(target: Target): void;
  /** The frame does not reach the other side, what came before it does; then both sides are reset, closed or silent. */
  cutBefore(match: FrameMatcher, options?: CutOptions): Cut;
  /**
   * The frame reaches the other side in full, and nothing passes in either direction from then on. Both sides are reset as soon
   * as its answer has come to the proxy (for a query that it is done, for a publish its confirm), after 2 s without one, and
   * after 50 ms if it has none; or they are closed then, or silent at once.
   */
  cutAfter(match: FrameMatcher, options?: CutOptions): Cut;
  /** Resets what is connected and frees the port. */
  close(): Promise<void>;
};

export const openTcpProxy = async (options: ProxyOptions): Promise<TcpProxy> => {
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
    through: (url) => Object.assign(new URL(url), { hostname: loopback, port: String(port) }).href,
    connections: () => links.size,
    latency: (latencyMs, jitterMs = 0) => void Object.assign(conditions, { latencyMs, jitterMs }),
    slice: (sliceBytes) => void Object.assign(conditions, { sliceBytes }),
    bandwidth: (bytesPerSecond) => void Object.assign(conditions, { bytesPerSecond }),
    blackHole: (direction) => {
      for (const each of direction ? [direction] : (['up', 'down'] as const)) {
        silent.add(each);
        for (const link of links) link.silence(each);
      }
    },
    reset: resetAll,
    slowClose: (slowCloseMs) => void Object.assign(conditions, { slowCloseMs }),
    refuse: () => void server.close(),
    heal: () => {
      conditions.calmDown();
      cuts.cancelAll();
      silent.clear();
      resetIf((link) => link.isSilenced());
      if (!server.listening) server.listen(port, loopback);
    },
    retarget: (next) => {
      target = next;
      resetAll();
    },
    cutBefore: (match, more) => arm('before', match, more),
    cutAfter: (match, more) => arm('after', match, more),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      resetAll();
      await closed;
    },
  };
};
