import { once } from 'node:events';
import { bookingRequested, sessionCompleted } from '@mentor-sessions/contracts';
import { subscribe } from '@mentor-sessions/messaging';
import { eventsFor, roles } from './mails.ts';
import { mailer } from './send.ts';

const { AMQP_URL = '', DATABASE_URL = '', SMTP_URL = '', MAIL_FROM = '' } = process.env;
const { BOOKINGS_AMQP_USER = bookingRequested.sender, SESSIONS_AMQP_USER = sessionCompleted.sender } = process.env;
if (!SMTP_URL || !MAIL_FROM) throw new Error('Set SMTP_URL (smtp://user:password@host) and MAIL_FROM.');
const send = mailer(SMTP_URL, MAIL_FROM);

// a queue for each role: each mail has its own inbox entry, its own retries and its own dead letter
const subscribers = await Promise.all(
  roles.map((role) =>
    subscribe({
      amqpUrl: AMQP_URL,
      event: eventsFor(role),
      queue: `notifications.${role}`,
      sender: [...BOOKINGS_AMQP_USER.split(','), ...SESSIONS_AMQP_USER.split(',')], // two names each while they are rotated
      database: DATABASE_URL,
      batchSize: 1, // a mail that fails does not send others again
      handle: async (messages, tx) => {
        for (const message of messages) await send(role, message, tx);
      },
    }),
  ),
);
await Promise.race(['SIGTERM', 'SIGINT'].map((name) => once(process, name)));
await Promise.all(subscribers.map((subscriber) => subscriber.stop()));
