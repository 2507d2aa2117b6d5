import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../random.ts';
import { bookingStory, isThere, sessionStory, type AcceptedBooking, type StoryContext } from './stories.ts';

export type Load = {
  /** Minimum number of booking stories. */
  readonly bookings: number;
  /** Stories started per second. */
  readonly perSecond: number;
  /** The share of sessions that are started and completed. */
  readonly moved: number;
};
export const usualLoad: Load = { bookings: 480, perSecond: 80, moved: 0.4 };

const BOOKERS = 24;
const MOVERS = 8;
const LOOK_AGAIN_MS = 40;

/** Stories of bookings and, independently of them, of their sessions. */
export const startWorkload = (context: StoryContext, load: Load, random: Random) => {
  const startedAt = performance.now();
  const accepted: AcceptedBooking[] = [];
  let begun = 0;
  let finishing = false;
  let bookersGone = false;
  let paused = false;
  let underWay = 0;

  const isEnough = () => finishing && (begun >= load.bookings || context.givenUp());
  const booker = async (): Promise<void> => {
    while (!isEnough()) {
      if (paused && !finishing) {
        await pause(LOOK_AGAIN_MS);
        continue;
      }
      const due = startedAt + (begun * 1_000) / load.perSecond;
      const wait = due - performance.now();
      if (wait > 0) {
        await pause(Math.min(wait, 50));
        continue;
      }
      const story = random.fork(`booking ${begun++}`);
      underWay += 1;
      const made = await bookingStory(context, story);
      underWay -= 1;
      accepted.push(...made.filter(() => story.chance(load.moved)));
    }
  };
  const mover = async (): Promise<void> => {
    for (;;) {
      const next = accepted.shift();
      if (!next && (bookersGone || context.givenUp())) return;
      if (next && (await isThere(context, next))) {
        await sessionStory(context, next, random.fork(next.sessionId));
        continue;
      }
      if (next && context.givenUp()) continue;
      if (next) accepted.push(next);
      // does not exist yet; without a pause these reads would take the CPUs from what they wait for
      await pause(LOOK_AGAIN_MS);
    }
  };

  const bookers = Promise.all(Array.from({ length: BOOKERS }, booker)).then(() => void (bookersGone = true));
  const movers = Promise.all(Array.from({ length: MOVERS }, mover));
  return {
    /** Booking stories started. */
    begun: () => begun,
    /** Resolves when so many more have started. */
    more: async (count: number): Promise<void> => {
      const until = begun + count;
      while (begun < until && !context.givenUp()) await pause(10);
    },
    /** Starts no new booking stories until `finish`; resolves when the current ones have ended. */
    pause: async (): Promise<void> => {
      paused = true;
      while (underWay > 0) await pause(10);
    },
    /** Starts no more once there are enough; resolves when all have ended. */
    finish: async (): Promise<void> => {
      finishing = true;
      await bookers;
      await movers;
    },
  };
};
