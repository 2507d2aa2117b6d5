import { subscribe } from '@mentor-sessions/local-stack/subscriber';
import type { Subscriber } from '@mentor-sessions/local-stack/subscriber';
import { signToken } from '@mentor-sessions/local-stack/tokens';
import { createBookingsClient, createSessionsClient } from '@mentor-sessions/api-client';
import { describeStack } from '../start/stack-file.ts';
import type { StackFile } from '../start/stack-file.ts';
import type { RunningReviews } from '../start/reviews.ts';
import type { RunningStack } from '../start/running-stack.ts';
import { people } from './people.ts';

type Apis = {
  readonly bookings: ReturnType<typeof createBookingsClient>;
  readonly sessions: ReturnType<typeof createSessionsClient>;
};

const apisFor = ({ bookings, sessions }: StackFile, token: Promise<string>): Apis => {
  const options = { token: () => token };
  return {
    bookings: createBookingsClient({ baseUrl: bookings.url, ...options }),
    sessions: createSessionsClient({ baseUrl: sessions.url, ...options }),
  };
};

/** Where the walk takes place, and what it has learned so far. */
export type Stage = {
  readonly stack: StackFile;
  /** The public APIs, as each of the two people calls them. */
  readonly mentor: Apis;
  readonly mentee: Apis;
  /** Another service, with a queue and a database of its own. */
  readonly reviews: RunningReviews;
  /** Sees `booking.accepted`, to be able to deliver it again. */
  readonly onlooker: Subscriber;
  bookingId: string;
  sessionId: string;
  close(): Promise<void>;
};

export const openStage = async (running: RunningStack): Promise<Stage> => {
  const { amqpUrl, signing } = running;
  const onlooker = await subscribe(amqpUrl, {
    queue: `walk.booking-accepted.${process.pid}`,
    routingKeys: ['booking.accepted'],
    isPassing: true, // with it there, booking.accepted would never be unroutable again
  });
  const stack = describeStack(running);
  return {
    stack,
    mentor: apisFor(stack, signToken(signing, people.mentor)),
    mentee: apisFor(stack, signToken(signing, people.mentee)),
    reviews: running.reviews,
    onlooker,
    bookingId: '',
    sessionId: '',
    close: () => onlooker.close(),
  };
};
