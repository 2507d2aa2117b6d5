import { setTimeout as pause } from 'node:timers/promises';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import type { Logger } from '@mentor-sessions/service-kit/log';
import type { BookingsDatabase } from '../use-cases/database.ts';
import { remindSessions, type Patience } from '../use-cases/remind-sessions.ts';

const LONGEST_PAUSE_MS = 5_000;

type Reminding = {
  readonly db: BookingsDatabase;
  readonly patience: Patience;
  readonly onSentAgain: (count: number) => void;
  readonly log: Logger;
};

const some = (ids: readonly string[]) => ({ count: ids.length, bookingIds: ids.slice(0, 10) });

/** Looks for accepted bookings without a session, again and again; any number of replicas may. */
export const createReminding = ({ db, patience, onSentAgain, log }: Reminding): Component => {
  const stop = new AbortController();
  const { signal } = stop;
  let running: Promise<void> = Promise.resolve();

  /** Whether to look again at once. */
  const look = async (): Promise<boolean> => {
    const { sentAgain, givenUp, isMore } = await remindSessions(db, patience);
    if (sentAgain.length > 0) log.warn(some(sentAgain), 'bookings without a session, booking.accepted sent again');
    if (givenUp.length > 0) log.error(some(givenUp), 'bookings without a session, given up: run ops reconcile');
    onSentAgain(sentAgain.length);
    return isMore;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const isMore = await look().catch((err: unknown) => {
        log.warn({ err }, 'reminder scan failed; will retry');
        return false;
      });
      if (isMore) continue;
      const patienceMs = Math.min(LONGEST_PAUSE_MS, (patience.seconds * 1_000) / 4);
      await pause(patienceMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  };

  return {
    name: 'reminding',
    start: async () => {
      running = run();
    },
    stop: async () => {
      stop.abort();
      await running;
    },
  };
};
