import { sessionCompleted } from '@mentor-sessions/contracts';
import { subscribe } from '@mentor-sessions/messaging';
import { unlockReviews } from './unlock-reviews.ts';

const { AMQP_URL = '', DATABASE_URL = '', SESSIONS_AMQP_USER = sessionCompleted.sender } = process.env;

const subscriber = await subscribe({
  amqpUrl: AMQP_URL,
  event: sessionCompleted,
  queue: 'example-reviews.session-completed',
  sender: SESSIONS_AMQP_USER.split(','), // two names while the broker user is rotated
  database: DATABASE_URL,
  handle: async (messages, tx) => {
    await unlockReviews(messages, tx);
    for (const { type, data } of messages) console.log(type, JSON.stringify(data));
  },
});
await subscriber.untilSignal();
