import { constants, openSync, writeSync } from 'node:fs';

export type Stdout = {
  write(line: string): void;
  /** Lines that were not written since the process started. */
  readonly dropped: () => number;
  /** At the end of a process: writes what waits, for at most so long. */
  flush(withinMs: number): void;
};

type Options = {
  readonly fd: number;
  /** The line that says how many were dropped before it. */
  readonly gap: (dropped: number) => string;
};

/** How much is kept for a reader that has stopped. */
const KEPT_BYTES = 1_048_576;
const LAST_BYTES = 16_384;
const LONGEST_PAUSE_MS = 50;

/**
 * Each line is written at once. A reader that stops does not stop the process: what does not fit into the pipe waits here,
 * newer lines replace the oldest, and a line in the gap says how many are missing. By hand because pino's destination
 * (sonic-boom) drops the newest lines, leaves no trace in the output, and may block forever at exit.
 */
export const createStdout = ({ fd, gap }: Options): Stdout => {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  // The line being written: its rest must follow, or the next line would start in the middle of it.
  let current: { bytes: Buffer; readonly reports: number } | undefined;
  let unreported = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;

  const drop = (lines: number): void => {
    dropped += lines;
    unreported += lines;
  };
  const keep = (most: number): void => {
    let gone = 0;
    for (; waitingBytes > most && waiting.length > 1; gone += 1) waitingBytes -= waiting.shift()?.length ?? 0;
    drop(gone);
  };
  const next = (): typeof current => {
    if (unreported > 0) {
      const reports = unreported;
      unreported = 0;
      return { bytes: Buffer.from(gap(reports)), reports };
    }
    const bytes = waiting.shift();
    waitingBytes -= bytes?.length ?? 0;
    return bytes && { bytes, reports: 0 };
  };
  /** Whether anything could be written. */
  const drain = (): boolean => {
    let wrote = false;
    try {
      while ((current ??= next())) {
        const written = writeSync(fd, current.bytes);
        wrote = true;
        current = written < current.bytes.length ? { ...current, bytes: current.bytes.subarray(written) } : undefined;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') giveUp();
    }
    return wrote;
  };
  // The reader has gone (EPIPE) or the disk is full: nothing to wait for.
  const giveUp = (): void => {
    unreported += current?.reports ?? 0;
    drop((current?.reports ? 0 : 1) + waiting.length);
    [current, waiting, waitingBytes] = [undefined, [], 0];
  };
  const later = (pauseMs: number): void => {
    if (!current) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      later(drain() ? 1 : Math.min(pauseMs * 2, LONGEST_PAUSE_MS));
    }, pauseMs).unref();
  };
  const flush = (withinMs: number): void => {
    const deadline = performance.now() + withinMs;
    for (drain(); current && performance.now() < deadline; drain()) sleep(5);
  };

  return {
    write: (line) => {
      const bytes = Buffer.from(line);
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (current) keep(KEPT_BYTES);
      else drain();
      later(1);
    },
    dropped: () => dropped,
    flush: (withinMs) => {
      flush(withinMs / 2);
      keep(LAST_BYTES); // too slow for all of it: the last lines matter most
      flush(withinMs / 2);
    },
  };
};

const sleep = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/**
 * A non-blocking descriptor of stdout. A pipe or a socket is non-blocking as soon as Node has a stream on it; a terminal
 * (Ctrl-S) is opened again, since Node writes to it blocking. A file is always ready.
 */
export const stdoutDescriptor = (): number => {
  if (!process.stdout.isTTY) return 1;
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return 1;
  }
};
