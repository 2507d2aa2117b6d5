import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';

/** What is started and stopped. `stop` may be called while `start` is still running, and after it has failed. */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Called at the signal, before the shutdown delay: the component goes on working and asks its clients to leave. */
  announceStop?(): void;
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

/** Components that do not need one another, started and stopped together, so that their waits do not add up. */
export const sideBySide = (components: readonly Component[]): Component => ({
  name: components.map(({ name }) => name).join(', '),
  start: async () => void (await Promise.all(components.map((component) => component.start()))),
  stop: async () => void (await Promise.all(components.map((component) => component.stop()))),
  announceStop: () => components.forEach((component) => component.announceStop?.()),
});

// A terminal's Ctrl-C reaches the whole process group, and a parent passes its copy on: a second signal within this time
// is the same one, not an impatient user.
const ECHO_MS = 500;

type Run = {
  readonly components: readonly Component[];
  readonly log: Logger;
  /** Between the signal, when readiness goes, and the stop: so that balancers send no more requests here (ms). */
  readonly shutdownDelayMs?: number;
  /** From the end of the delay; then the process gives up with exit code 1 (ms). */
  readonly deadlineMs?: number;
  readonly exit?: (code: number) => void;
};

/** Starts the components, waits for SIGTERM or SIGINT, stops them and exits with 0; with 1 if the start fails, at the deadline, or at a second signal. */
export const runUntilSignal = async (run: Run): Promise<void> => {
  const { components, log, shutdownDelayMs = 0, deadlineMs = 9_000, exit = process.exit } = run;
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
  for (const component of components) component.announceStop?.();
  setTimeout(() => {
    log.error('not stopped in time');
    exit(1);
  }, shutdownDelayMs + deadlineMs).unref();
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
      log.warn({ signal }, 'second signal: exiting without waiting');
      exit(1);
    }
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return promise;
};

// The process is in an unknown state: log it (redacted, unlike Node's own message) and let the supervisor start another one.
const crashLoudly = (log: Logger, exit: (code: number) => void): void => {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'uncaught exception');
    exit(1);
  });
};
