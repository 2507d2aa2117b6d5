import { subscribe } from '@mentor-sessions/local-stack/subscriber';
import { describeStack } from '../start/stack-file.ts';
import type { RunningStack } from '../start/stack.ts';
import { apisFor } from './apis.ts';
import { people } from './people.ts';

export const openStage = async (running: RunningStack) => {
  const onlooker = await subscribe(running.stack.amqpUrl, {
    queue: `walk.booking-accepted.${process.pid}`,
    routingKeys: ['booking.accepted'],
    isPassing: true, // a lasting queue would keep booking.accepted from ever being unroutable
  });
  const stack = describeStack(running);
  return {
    stack,
    /** The public APIs, as each of the two people calls them. */
    mentor: apisFor(stack, running.stack.token(people.mentor)),
    mentee: apisFor(stack, running.stack.token(people.mentee)),
    /** Another service, with a queue and a database of its own. */
    reviews: running.reviews,
    /** Receives `booking.accepted`, so that a step can deliver it again. */
    onlooker,
    bookingId: '',
    sessionId: '',
  };
};

/** What the steps use, and the ids that earlier steps found. */
export type Stage = Awaited<ReturnType<typeof openStage>>;

export type Step = {
  readonly says: string;
  /** Returns what happened, in a few words; throws if it is not as expected. */
  run(stage: Stage): Promise<string>;
};
