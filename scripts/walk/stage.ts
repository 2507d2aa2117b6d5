import { subscribe } from '@mentor-sessions/local-stack/subscriber';
import type { Subscriber } from '@mentor-sessions/local-stack/subscriber';
import { signToken } from '@mentor-sessions/local-stack/tokens';
import { describeStack } from '../start/stack-file.ts';
import type { StackFile } from '../start/stack-file.ts';
import type { RunningReviews } from '../start/reviews.ts';
import type { RunningStack } from '../start/running-stack.ts';
import { people } from './people.ts';

/** Where the walk takes place, and what it has learned so far. */
export type Stage = {
  readonly stack: StackFile;
  readonly tokens: { readonly mentor: string; readonly mentee: string };
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
  const onlooker = await subscribe(amqpUrl, { queue: 'walk.booking-accepted', routingKeys: ['booking.accepted'] });
  return {
    stack: describeStack(running),
    tokens: { mentor: await signToken(signing, people.mentor), mentee: await signToken(signing, people.mentee) },
    reviews: running.reviews,
    onlooker,
    bookingId: '',
    sessionId: '',
    close: () => onlooker.close(),
  };
};
