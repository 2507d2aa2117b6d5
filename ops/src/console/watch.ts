import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@mentor-sessions/service-kit/log';

export type Watch<Seen> = {
  /** Tells what was seen last, if anything was a moment ago, and from then on what is seen, every second, until `signal` says enough. */
  follow(tell: (seen: Seen) => void, signal: AbortSignal): void;
};

const EVERY_MS = 1_000;

/** Looks only while somebody watches, once for all who do, and never twice at a time. */
export const createWatch = <Seen>(look: () => Promise<Seen>, log: Logger): Watch<Seen> => {
  const watchers = new Set<(seen: Seen) => void>();
  let last: Seen | undefined; // of this time of watching
  let isLooking = false;

  const lookWhileWatched = async (): Promise<void> => {
    isLooking = true;
    while (watchers.size > 0) {
      const seen = await look().catch((err: unknown) => void log.warn({ err }, 'the console cannot look'));
      if (seen !== undefined) for (const tell of watchers) tell((last = seen));
      await pause(EVERY_MS, undefined, { ref: false });
    }
    isLooking = false;
    last = undefined;
  };

  return {
    follow: (tell, signal) => {
      // a page whose looks come slowly connects again and again: it must not miss each one of them
      if (last !== undefined) tell(last);
      watchers.add(tell);
      signal.addEventListener('abort', () => watchers.delete(tell), { once: true });
      if (!isLooking) void lookWhileWatched();
    },
  };
};
