import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inPieces, readAll, recording } from '../recordings/recording.ts';
import { createFrameReader } from './reader.ts';

describe.each(['postgres', 'amqp'] as const)('%s frames', (protocol) => {
  const recorded = recording(protocol);

  test('are the same however the stream is split', () => {
    const whole = readAll(protocol, recorded);
    expect(whole.length).toBeGreaterThan(30);
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3_000 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(sizes, (sizes) => expect(readAll(protocol, inPieces(recorded, sizes))).toEqual(whole)),
      { numRuns: 100, examples: [[[1]]] },
    );
  });

  test('are contiguous up to the last byte', () => {
    for (const direction of ['up', 'down'] as const) {
      const chunks = recorded.filter(([each]) => each === direction).map(([, bytes]) => bytes);
      const ends = readAll(protocol, recorded).filter(({ frame }) => frame.direction === direction);
      expect(ends.at(-1)?.endsAt).toBe(Buffer.concat(chunks).length);
    }
  });

  test('are no longer matched once the bytes are of another protocol', () => {
    const read = createFrameReader(protocol);
    const [beginning = Buffer.alloc(0)] = recorded.filter(([each]) => each === 'up').map(([, bytes]) => bytes);
    expect(read('up', Buffer.alloc(100)).length).toBe(0);
    expect(read('up', beginning)).toEqual([]);
  });
});

test('an opaque stream has no frames', () => {
  expect(readAll('opaque', recording('amqp'))).toEqual([]);
});
