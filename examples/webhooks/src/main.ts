import pg from 'pg';
import { sessionCompleted } from '@mentor-sessions/contracts';
import { subscribe } from '@mentor-sessions/messaging';
import { keepDelivering } from './deliver.ts';
import { scheduleDeliveries } from './deliveries.ts';

const { AMQP_URL = '', DATABASE_URL = '', TRUSTED_RECEIVERS = '' } = process.env;
const { SESSIONS_AMQP_USER = sessionCompleted.sender } = process.env;

const subscriber = await subscribe({
  amqpUrl: AMQP_URL,
  event: sessionCompleted,
  queue: 'webhooks.session-completed',
  sender: SESSIONS_AMQP_USER.split(','), // two names while the broker user is rotated
  database: DATABASE_URL,
  handle: scheduleDeliveries,
});
const database = new pg.Pool({ connectionString: DATABASE_URL });
database.on('error', (error) => console.error('a connection is lost:', error.message));
void keepDelivering({ database, trusted: TRUSTED_RECEIVERS.split(',') });
await subscriber.untilSignal();
