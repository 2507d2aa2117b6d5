import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import type { Logger } from '@mentor-sessions/service-kit/log';
import { loop } from '@mentor-sessions/service-kit/loop';
import type { Bookings } from '../use-cases/bookings.ts';
import { remindSessions, type Patience } from '../use-cases/sessions-of-bookings.ts';

const LONGEST_REST_MS = 5_000;

type Reminding = {
  readonly db: Bookings;
  readonly patience: Patience;
  readonly onSentAgain: (count: number) => void;
  readonly log: Logger;
};

const some = (ids: readonly string[]) => ({ count: ids.length, bookingIds: ids.slice(0, 10) });

/** Finds accepted bookings that have no session yet and publishes them again; any number of replicas may run it. */
export const createReminding = ({ db, patience, onSentAgain, log }: Reminding): Component => {
  const restMs = Math.min(LONGEST_REST_MS, (patience.seconds * 1_000) / 4);
  return loop({
    name: 'reminder scan',
    restMs: () => restMs * (0.5 + Math.random() / 2),
    retryMs: { first: restMs, longest: restMs },
    log,
    run: async () => {
      const { sentAgain, givenUp, isMore } = await remindSessions(db, patience);
      if (sentAgain.length > 0) log.warn(some(sentAgain), 'bookings without a session, booking.accepted sent again');
      if (givenUp.length > 0) log.error(some(givenUp), 'bookings without a session, given up: run ops reconcile');
      onSentAgain(sentAgain.length);
      return isMore ? 'again' : 'rest';
    },
  });
};
