import { connect, type Socket } from 'node:net';
import { answerTo, type Conditions } from './matchers.ts';
import { createStriker, type Cuts, type Strike } from './cuts.ts';
import type { Direction, Frame, LocatedFrame, ProxyProtocol } from './framer.ts';
import { createOutlet } from './outlet.ts';
import { createFrameReader } from './reader.ts';
import { resetSocket } from './sockets.ts';

export type Target = { readonly host: string; readonly port: number };
/** The server of this URL. */
export const targetOf = (url: string, defaultPort?: number): Target => {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port || defaultPort) };
};

export type Network = { readonly conditions: Conditions; readonly cuts: Cuts; readonly protocol: ProxyProtocol };

/** One connection through the proxy. */
export type Link = {
  /** From now on nothing passes in this direction: no bytes, no FIN, no RST. */
  silence(direction: Direction): void;
  reset(): void;
  isSilenced(): boolean;
  /** The link has ended when all of them are closed. */
  readonly sockets: readonly Socket[];
};

const answerComesWithinMs = 2_000;
const noAnswerMs = 50; // time for the peer to read a frame that has no known answer
const other = { up: 'down', down: 'up' } as const;

/** Accepted, but neither read nor connected to the server. */
export const holdLink = (client: Socket): Link => ({
  silence: () => undefined,
  reset: () => resetSocket(client),
  isSilenced: () => true,
  sockets: [client],
});

export const openLink = (client: Socket, target: Target, { conditions, cuts, protocol }: Network): Link => {
  const server = connect({ ...target, allowHalfOpen: true, noDelay: true });
  const from = { up: client, down: server };
  const outlets = {
    up: createOutlet(client, server, conditions),
    down: createOutlet(server, client, conditions),
  };
  const read = createFrameReader(protocol);
  const findStrike = createStriker(cuts);
  const silenced = new Set<Direction>();
  let afterCut: ((direction: Direction, frames: readonly LocatedFrame[] | 'gone') => void) | undefined;

  const stop = (): void => {
    outlets.up.stop();
    outlets.down.stop();
  };
  const reset = (): void => {
    stop();
    resetSocket(client);
    resetSocket(server);
  };
  const silence = (direction: Direction): void => {
    silenced.add(direction);
    outlets[direction].stop();
    from[direction].pause();
  };
  const silenceBoth = (): void => {
    silence('up');
    silence('down');
  };
  const close = (): void => {
    stop();
    client.destroySoon();
    server.destroySoon();
  };
  const endings = { reset, fin: close, silence: silenceBoth };

  /** After the frame was sent, the receiver's side stays open until its answer or a timeout. */
  const endWhenAnswered = (direction: Direction, frame: Frame, end: () => void): (() => void) => {
    const isAnswer = answerTo(frame);
    let isSent = false;
    afterCut = (heardFrom, frames) => {
      if (heardFrom === direction) return;
      if (frames === 'gone' || (isAnswer ? frames.some((later) => isAnswer(later.frame)) : isSent)) end();
    };
    from[other[direction]].resume();
    return () => {
      isSent = true;
      setTimeout(end, isAnswer ? answerComesWithinMs : noAnswerMs).unref();
    };
  };
  const strike = (direction: Direction, chunk: Buffer, struck: Strike): void => {
    const { cut, at, frame } = struck;
    const end = endings[cut.ending];
    cut.struck();
    afterCut = () => undefined;
    outlets[other[direction]].stop();
    const isAtOnce = cut.when === 'before' || cut.ending === 'silence';
    outlets[direction].pass(chunk.subarray(0, at), isAtOnce ? end : endWhenAnswered(direction, frame, end));
  };

  const onData = (direction: Direction, chunk: Buffer): void => {
    if (silenced.has(direction)) return;
    const frames = read(direction, chunk);
    if (afterCut) return afterCut(direction, frames);
    const struck = findStrike(frames);
    if (struck) strike(direction, chunk, struck);
    else outlets[direction].pass(chunk);
  };
  const onGone = (direction: Direction, how: 'end' | 'reset'): void => {
    if (silenced.has(direction)) return;
    if (afterCut) afterCut(direction, 'gone');
    else outlets[direction].close(how);
  };
  for (const direction of ['up', 'down'] as const) {
    from[direction]
      .on('data', (chunk) => onData(direction, chunk))
      .on('end', () => onGone(direction, 'end'))
      .on('error', () => onGone(direction, 'reset'));
  }
  client.resume();
  return { silence, reset, isSilenced: () => silenced.size > 0, sockets: [client, server] };
};
