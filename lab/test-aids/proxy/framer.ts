/** How a protocol's messages are told apart. Both functions may answer differently after each message. */
export type Shape = {
  /** Bytes that are needed to measure the next message. */
  headBytes(): number;
  /** Length of the whole message and how much of its beginning is wanted; null: these bytes are not of the protocol. */
  measure(head: Buffer): { readonly total: number; readonly keep: number } | null;
};

/** `start` and `end` are offsets in the chunk in which the message ends; one that began in an earlier chunk starts at 0. */
export type Span = { readonly start: number; readonly end: number };

type OnMessage = (kept: Buffer, span: Span) => void;

const nothing = Buffer.alloc(0);

/**
 * Cuts a byte stream into messages, however the stream was split into chunks. Copies only the kept beginning of a message that
 * is spread over several chunks. From the first bytes on that are not of the protocol it is silent.
 */
export const createFramer = (shape: Shape, onMessage: OnMessage): ((chunk: Buffer) => void) => {
  let before = nothing; // the kept beginning of a message that began in an earlier chunk
  let gone = 0; // how much of it has gone by
  let size: ReturnType<Shape['measure']> | undefined;

  const wait = (kept: Buffer, more: number): void => {
    before = Buffer.from(kept);
    gone += more;
  };

  /** Takes one message from `start`; where the next one starts, or the chunk's length if this one goes on. */
  const take = (chunk: Buffer, start: number): number => {
    const beginning = (bytes: number): Buffer => {
      const rest = chunk.subarray(start, start + bytes - before.length);
      return before.length === 0 ? rest : Buffer.concat([before, rest]);
    };
    const available = chunk.length - start;
    const headBytes = shape.headBytes();
    if (size === undefined) {
      const head = beginning(headBytes);
      if (head.length < headBytes) return (wait(head, available), chunk.length);
      size = shape.measure(head);
    }
    if (size === null) return chunk.length;
    const kept = beginning(size.keep);
    const end = start + size.total - gone;
    if (end > chunk.length) return (wait(kept, available), chunk.length);
    [before, gone, size] = [nothing, 0, undefined];
    onMessage(kept, { start, end });
    return end;
  };

  return (chunk) => {
    for (let at = 0; at < chunk.length;) at = take(chunk, at);
  };
};
