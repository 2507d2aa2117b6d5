import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Conditions } from './matchers.ts';
import { resetSocket, untilWritable } from './sockets.ts';

type Bytes = { readonly bytes: Buffer; readonly sent?: (() => void) | undefined };
type Item = (Bytes | { readonly close: 'end' | 'reset' }) & { readonly due: number };

const mostBytesInside = 1_048_576; // above this the sender must wait
const paceMs = 50; // the time for a piece at a limited bandwidth

const pause = (ms: number): Promise<void> => setTimeout(Math.max(ms, 0), undefined, { ref: false });

/**
 * One direction of a connection: forwards chunks in order, under the current conditions. Back-pressure: while `to` or the
 * outlet itself is full, `from` is not read.
 */
export const createOutlet = (from: Socket, to: Socket, conditions: Conditions) => {
  const queue: Item[] = [];
  let [isRunning, isStopped] = [false, false];
  let [inside, lineFreeAt] = [0, 0];

  const dueIn = (ms: number): number => performance.now() + ms;
  const pieceSize = (): number =>
    Math.max(1, Math.floor(Math.min(conditions.sliceBytes, (conditions.bytesPerSecond * paceMs) / 1_000)));
  const holdTheLine = async (bytes: number): Promise<void> => {
    if (conditions.bytesPerSecond === Infinity) return;
    lineFreeAt = Math.max(lineFreeAt, performance.now()) + (bytes * 1_000) / conditions.bytesPerSecond;
    await pause(lineFreeAt - performance.now());
  };

  const write = async ({ bytes, sent }: Bytes): Promise<void> => {
    for (let at = 0; !isStopped;) {
      const piece = bytes.subarray(at, at + pieceSize());
      at += piece.length;
      const isLast = at >= bytes.length;
      if (!to.write(piece, isLast ? sent : undefined)) await untilWritable(to);
      await holdTheLine(piece.length);
      if (isLast) break;
      await setImmediate();
    }
    inside -= bytes.length;
    if (!isStopped && inside < mostBytesInside / 2) from.resume();
  };
  const finish = (how: 'end' | 'reset'): void => {
    if (how === 'end') to.end();
    else resetSocket(to);
  };
  const run = async (): Promise<void> => {
    isRunning = true;
    for (let item = queue.shift(); item && !isStopped; item = queue.shift()) {
      if (item.due > performance.now()) await pause(item.due - performance.now());
      if (isStopped) break;
      if ('close' in item) finish(item.close);
      else await write(item);
    }
    isRunning = false;
  };
  const enqueue = (item: Item): void => {
    queue.push(item);
    if (!isRunning) void run();
  };
  const writeAtOnce = (bytes: Buffer, sent?: () => void): void => {
    if (to.write(bytes, sent)) return;
    from.pause();
    void untilWritable(to).then(() => isStopped || from.resume());
  };

  return {
    /** `sent` is called when the chunk was handed to the system, or can no longer be. */
    pass: (bytes: Buffer, sent?: () => void): void => {
      if (isStopped) return;
      if (!isRunning && conditions.areCalm()) return writeAtOnce(bytes, sent);
      enqueue({ bytes, sent, due: dueIn(conditions.delay()) });
      inside += bytes.length;
      if (inside > mostBytesInside) from.pause();
    },
    close: (how: 'end' | 'reset'): void => {
      if (!isStopped) enqueue({ close: how, due: dueIn(conditions.delay() + conditions.slowCloseMs) });
    },
    /** Drops what is buffered, and everything from now on. */
    stop: (): void => {
      isStopped = true;
      queue.length = 0;
    },
  };
};
