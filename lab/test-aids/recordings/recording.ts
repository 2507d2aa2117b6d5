import { readFileSync } from 'node:fs';
import type { Direction, Frame, ProxyProtocol } from '../proxy/framer.ts';
import { createFrameReader } from '../proxy/reader.ts';

type Chunk = readonly [Direction, Buffer];

/** The bytes that a client and its server exchanged, in order. */
export const recording = (protocol: ProxyProtocol): Chunk[] => {
  const text = readFileSync(new URL(`./${protocol}.json`, import.meta.url), 'utf8');
  return (JSON.parse(text) as [Direction, string][]).map(([direction, base64]) => [
    direction,
    Buffer.from(base64, 'base64'),
  ]);
};

/** The same bytes in pieces, with `sizes` repeated. */
export const inPieces = (chunks: readonly Chunk[], sizes: readonly number[]): Chunk[] => {
  let next = 0;
  return chunks.flatMap(([direction, bytes]) => {
    const pieces: Chunk[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = sizes[next++ % sizes.length] ?? 1;
      pieces.push([direction, bytes.subarray(at, at + size)]);
      at += size;
    }
    return pieces;
  });
};

/** Each frame with its end, in bytes of its direction. */
export const readAll = (protocol: ProxyProtocol, chunks: readonly Chunk[]): { frame: Frame; endsAt: number }[] => {
  const read = createFrameReader(protocol);
  const gone = { up: 0, down: 0 };
  return chunks.flatMap(([direction, bytes]) => {
    const found = read(direction, bytes).map(({ frame, end }) => ({ frame, endsAt: gone[direction] + end }));
    gone[direction] += bytes.length;
    return found;
  });
};
