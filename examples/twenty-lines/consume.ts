import { sessionCompleted } from '@mentor-sessions/contracts';
import { subscribe } from '@mentor-sessions/messaging';

const subscriber = await subscribe({
  amqpUrl: process.env['AMQP_URL'] ?? 'amqp://localhost',
  event: sessionCompleted,
  queue: 'notifications.session-completed',
  // duplicates are ignored within this process; with `database: url`, permanently
  handle: async (messages) => {
    for (const { id, data } of messages) console.log(id, data.sessionId, data.menteeUserId, data.completedAt);
  },
});
await subscriber.untilSignal();
