import { whenParentIsGone } from '../bootstrap/parent.mjs';

/** One Ctrl-C arrives several times: from the terminal, from npm, from bootstrap. */
const ECHO_MS = 1_000;

/** Resolves at the first signal and keeps the process up until then. A later signal exits at once; the watchdog ends the rest. */
export const firstSignal = (): Promise<void> =>
  new Promise((resolve) => {
    let first = 0;
    // neither detached roles nor a signal handler keep a process up
    const staying = setInterval(() => undefined, 60_000);
    const onSignal = (): void => {
      first ||= performance.now();
      clearInterval(staying);
      resolve();
      if (performance.now() - first > ECHO_MS) process.exit(130);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
    whenParentIsGone(onSignal);
  });
