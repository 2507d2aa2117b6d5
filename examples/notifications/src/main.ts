import { sessionCompleted } from '@mentor-sessions/contracts';
import { subscribe } from '@mentor-sessions/messaging';
import { notifier } from './notify.ts';

const { AMQP_URL = '', NOTIFY_URL = '', SESSIONS_AMQP_USER = sessionCompleted.sender } = process.env;
const notify = notifier(NOTIFY_URL);

const subscriber = await subscribe({
  amqpUrl: AMQP_URL,
  event: sessionCompleted,
  queue: 'notifications.session-completed',
  sender: SESSIONS_AMQP_USER.split(','), // two names while the broker user is rotated
  batchSize: 1, // each message its own outcome: one that fails does not send the others again
  handle: async (messages) => {
    for (const message of messages) await notify(message);
  },
});
await subscriber.untilSignal();
