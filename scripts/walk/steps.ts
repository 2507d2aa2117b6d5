import { randomUUID } from 'node:crypto';
import { query } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { publishAgain } from '@mentor-sessions/local-stack/subscriber';
import type { ReceivedMessage } from '@mentor-sessions/local-stack/subscriber';
import { expectData, freeFrom } from './apis.ts';
import type { Stage, Step } from './stage.ts';
import { bookingRequest } from './walk-one.ts';

const published = `select p.message_id from outbox_published p join bookings b on b.accepted_message_id = p.message_id
  where b.id = $1`;

const acceptance = ({ onlooker, bookingId }: Stage): ReceivedMessage | undefined =>
  onlooker.received.find(({ event }) => event.subject === bookingId);

const duplicates = async ({ stack }: Stage): Promise<number> => {
  const text = await (await fetch(`${stack.sessions.adminUrls['consumer']}/metrics`)).text();
  const line = /^consumer_messages_total\{.*outcome="duplicate".*\} (\d+)$/m.exec(text);
  return Number(line?.[1] ?? 0);
};

const requestOf = ({ sessionId }: Stage) => ({ params: { path: { id: sessionId } } });

const unlocked = 'select mentee_user_id from unlocked_reviews where session_id = $1';

/** The way of one booking to a completed session. */
export const steps: readonly Step[] = [
  {
    says: 'the mentee requests a booking',
    run: async (stage) => {
      const start = await freeFrom(stage.mentor);
      const body = bookingRequest({ start, source: 'npm start' });
      const key = { header: { 'Idempotency-Key': randomUUID() } };
      const { id, status } = expectData(await stage.mentee.bookings.POST('/bookings', { body, params: key }));
      stage.bookingId = id;
      return `201, ${status}, booking ${stage.bookingId}`;
    },
  },
  {
    says: 'the mentor accepts it',
    run: async (stage) => {
      const params = { path: { id: stage.bookingId }, header: { 'Idempotency-Key': randomUUID() } };
      const { status, sessionId } = expectData(await stage.mentor.bookings.PATCH('/bookings/{id}/accept', { params }));
      stage.sessionId = String(sessionId);
      return `200, ${status}, session will be ${stage.sessionId}`;
    },
  },
  {
    says: 'the relay publishes booking.accepted, the broker confirms',
    run: async (stage) => {
      const { adminDatabaseUrl } = stage.stack.bookings;
      const find = async () => (await query(adminDatabaseUrl, published, [stage.bookingId]))[0];
      const row = await eventually(find, { every: 10, describe: 'the message is in outbox_published' });
      return `message ${String(row['message_id'])}`;
    },
  },
  {
    says: 'the sessions service has created the session',
    run: async (stage) => {
      const get = async () => expectData(await stage.mentee.sessions.GET('/sessions/{id}', requestOf(stage)));
      const { status, start } = await eventually(get, { every: 10, describe: 'GET /sessions/{id} returns 200' });
      return `200, ${status}, from ${start}`;
    },
  },
  {
    says: 'the same message is delivered again and ignored',
    run: async (stage) => {
      const before = await duplicates(stage);
      const message = await eventually(() => acceptance(stage), { describe: 'the onlooker has the message' });
      await publishAgain(stage.stack.amqpUrl, message);
      await eventually(async () => (await duplicates(stage)) > before, { describe: 'the consumer counts a duplicate' });
      const query = { bookingId: stage.bookingId };
      const { items } = expectData(await stage.mentee.sessions.GET('/sessions', { params: { query } }));
      if (items.length !== 1) throw new Error(`expected one session of the booking, found ${items.length}`);
      return 'counted as duplicate; still one session';
    },
  },
  {
    says: 'the mentee starts the session',
    run: async (stage) => {
      const { status } = expectData(await stage.mentee.sessions.PATCH('/sessions/{id}/start', requestOf(stage)));
      return `200, ${status}`;
    },
  },
  {
    says: 'the mentee must not complete it',
    run: async (stage) => {
      const { error, response } = await stage.mentee.sessions.PATCH('/sessions/{id}/complete', requestOf(stage));
      if (response.status !== 403 || !error) throw new Error(`expected 403, got ${response.status}`);
      return `403, ${error.code}: ${error.detail}`;
    },
  },
  {
    says: 'the mentor completes it',
    run: async (stage) => {
      const { status } = expectData(await stage.mentor.sessions.PATCH('/sessions/{id}/complete', requestOf(stage)));
      return `200, ${status}`;
    },
  },
  // examples/review-eligibility prints what it gets and keeps what follows from it
  {
    says: 'a subscriber with its own queue has received session.completed',
    run: async ({ reviews, sessionId }) => {
      const isReceipt = (line: string): boolean => line.startsWith('session.completed ') && line.includes(sessionId);
      const find = () => reviews.log().split('\n').find(isReceipt);
      return eventually(find, { every: 10, describe: 'session.completed is received' });
    },
  },
  {
    says: 'it has unlocked one review, for the mentee',
    run: async ({ reviews, sessionId }) => {
      const find = async () => (await query(reviews.adminDatabaseUrl, unlocked, [sessionId]))[0];
      const row = await eventually(find, { every: 10, describe: 'a review is unlocked' });
      return `mentee ${String(row['mentee_user_id'])}`;
    },
  },
  // the way back: bookings has received the session's events
  {
    says: 'the booking shows the outcome',
    run: async ({ mentee, bookingId }) => {
      const request = { params: { path: { id: bookingId } } };
      const status = async () => expectData(await mentee.bookings.GET('/bookings/{id}', request)).sessionStatus;
      const isCompleted = async () => (await status()) === 'completed';
      await eventually(isCompleted, { every: 10, describe: 'sessionStatus is completed' });
      return 'sessionStatus completed';
    },
  },
];
