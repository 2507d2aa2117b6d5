import { whenParentIsGone } from '../bootstrap/parent.mjs';

/** What was started, to be ended in reverse. */
export type Closing = {
  add(what: string, close: () => Promise<void>): void;
  /** Ends all of it, once. A failure is printed, and the rest is still ended. */
  close(): Promise<void>;
  readonly begun: () => boolean;
};

export const createClosing = (): Closing => {
  const started: { what: string; close: () => Promise<void> }[] = [];
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    for (let last = started.pop(); last; last = started.pop()) {
      const { what } = last;
      await last.close().catch((error: unknown) => console.error(`${what} failed to stop: ${String(error)}`));
    }
  };
  return {
    add: (what, close) => started.push({ what, close }),
    close: () => (closed ??= closeAll()),
    begun: () => closed !== undefined,
  };
};

/** One Ctrl-C arrives several times: from the terminal, from npm, from bootstrap. A later one means that the user wants to end at once. */
const echo = 1_000;

/** Resolves at the first signal and keeps the process up until then. A later one ends the process at once, and the watchdog ends the rest. */
export const firstSignal = (): Promise<void> =>
  new Promise((resolve) => {
    let first = 0;
    // Neither the roles, which are detached, nor a signal handler would.
    const staying = setInterval(() => undefined, 60_000);
    const onSignal = (): void => {
      first ||= performance.now();
      clearInterval(staying);
      resolve();
      if (performance.now() - first > echo) process.exit(130);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
    whenParentIsGone(onSignal);
  });
