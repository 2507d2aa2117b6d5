import { subscribe } from '@mentor-sessions/local-stack/subscriber';
import type { Subscriber } from '@mentor-sessions/local-stack/subscriber';
import type { RunningReviews } from '../start/reviews.ts';
import { describeStack } from '../start/stack-file.ts';
import type { StackFile } from '../start/stack-file.ts';
import type { RunningStack } from '../start/stack.ts';
import { apisFor, type Apis } from './apis.ts';
import { people } from './people.ts';

/** What the steps use, and the ids that earlier steps found. */
export type Stage = {
  readonly stack: StackFile;
  /** The public APIs, as each of the two people calls them. */
  readonly mentor: Apis;
  readonly mentee: Apis;
  /** Another service, with a queue and a database of its own. */
  readonly reviews: RunningReviews;
  /** Receives `booking.accepted`, so that a step can deliver it again. */
  readonly onlooker: Subscriber;
  bookingId: string;
  sessionId: string;
};

export type Step = {
  readonly says: string;
  /** Returns what happened, in a few words; throws if it is not as expected. */
  run(stage: Stage): Promise<string>;
};

export const openStage = async (running: RunningStack): Promise<Stage> => {
  const onlooker = await subscribe(running.stack.amqpUrl, {
    queue: `walk.booking-accepted.${process.pid}`,
    routingKeys: ['booking.accepted'],
    isPassing: true, // a lasting queue would keep booking.accepted from ever being unroutable
  });
  const stack = describeStack(running);
  return {
    stack,
    mentor: apisFor(stack, running.stack.token(people.mentor)),
    mentee: apisFor(stack, running.stack.token(people.mentee)),
    reviews: running.reviews,
    onlooker,
    bookingId: '',
    sessionId: '',
  };
};
