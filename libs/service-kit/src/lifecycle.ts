import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';

/** What is started and stopped. `stop` may be called while `start` is still under way, and when it has failed. */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts in order. If one fails, those that were started are stopped in reverse, and the error is thrown. */
export const startAll = async (components: readonly Component[], log: Logger): Promise<void> => {
  const reached: Component[] = [];
  try {
    for (const component of components) {
      reached.push(component);
      await component.start();
      log.debug({ component: component.name }, 'started');
    }
  } catch (err) {
    log.error({ err, component: reached.at(-1)?.name }, 'start failed');
    await stopAll(reached, log);
    throw err;
  }
};

/** Stops in reverse. An error is logged and does not keep the others from being stopped. */
export const stopAll = async (components: readonly Component[], log: Logger): Promise<void> => {
  for (const component of components.toReversed()) {
    try {
      await component.stop();
      log.debug({ component: component.name }, 'stopped');
    } catch (err) {
      log.error({ err, component: component.name }, 'stop failed');
    }
  }
};

/** Components that do not need one another: started together, and stopped together, so that their waits do not add up. */
export const sideBySide = (components: readonly Component[]): Component => ({
  name: components.map(({ name }) => name).join(', '),
  start: async () => void (await Promise.all(components.map((component) => component.start()))),
  stop: async () => void (await Promise.all(components.map((component) => component.stop()))),
});

// A terminal's Ctrl-C reaches the whole process group, and the parent that it reaches as well passes it on:
// the copy that arrives within this time is the same wish, not an impatient second one.
const ECHO_MS = 500;

type Run = {
  readonly components: readonly Component[];
  readonly log: Logger;
  /** How long to keep listening after readiness has gone, so that balancers notice (ms). */
  readonly shutdownDelayMs?: number;
  /** Called at once at the signal: readiness goes false. */
  readonly onStopping?: () => void;
  /** Counted from the end of the delay; then the process gives up with exit code 1 (ms). */
  readonly deadlineMs?: number;
  readonly exit?: (code: number) => void;
};

/** Starts the components, waits for SIGTERM or SIGINT, stops them and exits 0; 1 when the start fails, at the deadline or at a second signal. */
export const runUntilSignal = async (run: Run): Promise<void> => {
  const { components, log, shutdownDelayMs = 0, onStopping, deadlineMs = 9_000, exit = process.exit } = run;
  crashLoudly(log, exit);
  const signalled = firstSignal(log, exit);
  const started = startAll(components, log);
  started.catch(() => undefined);
  try {
    await Promise.race([started, signalled]);
  } catch {
    return exit(1);
  }
  await signalled;
  onStopping?.();
  setTimeout(() => giveUp(log, exit), shutdownDelayMs + deadlineMs).unref();
  await pause(shutdownDelayMs);
  await stopAll(components, log);
  log.info('stopped');
  exit(0);
};

const firstSignal = (log: Logger, exit: (code: number) => void): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = performance.now();
      log.info({ signal }, 'stopping');
      resolve();
    } else if (performance.now() - first > ECHO_MS) {
      log.warn({ signal }, 'second signal: not waiting any longer');
      exit(1);
    }
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return promise;
};

const giveUp = (log: Logger, exit: (code: number) => void): void => {
  log.error('not stopped in time');
  exit(1);
};

// The process is in an unknown state: say so in the log (redacted, unlike Node's own last words) and let the supervisor start another.
const crashLoudly = (log: Logger, exit: (code: number) => void): void => {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'uncaught exception');
    exit(1);
  });
};
