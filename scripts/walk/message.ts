import { eventually } from '@mentor-sessions/local-stack/eventually';
import { query } from '@mentor-sessions/local-stack/query';
import { publishAgain } from '@mentor-sessions/local-stack/subscriber';
import type { ReceivedMessage } from '@mentor-sessions/local-stack/subscriber';
import { expectData } from './api.ts';
import type { Stage } from './stage.ts';
import type { Step } from './step.ts';

const published = `select p.message_id from outbox_published p join bookings b on b.accepted_message_id = p.message_id
  where b.id = $1`;

const acceptance = ({ onlooker, bookingId }: Stage): ReceivedMessage | undefined =>
  onlooker.received.find(({ event }) => event.subject === bookingId);

export const publish: Step = {
  says: 'the relay publishes booking.accepted, the broker confirms',
  run: async (stage) => {
    const { adminDatabaseUrl } = stage.stack.bookings;
    const look = async () => (await query(adminDatabaseUrl, published, [stage.bookingId]))[0];
    const row = await eventually(look, {
      every: 10,
      describe: 'the message is in outbox_published',
    });
    return `message ${String(row['message_id'])}`;
  },
};

const session = ({ mentee, sessionId }: Stage) =>
  mentee.sessions.GET('/sessions/{id}', { params: { path: { id: sessionId } } });

export const schedule: Step = {
  says: 'the sessions service has created the session',
  run: async (stage) => {
    const { status, start } = await eventually(async () => expectData(await session(stage)), {
      every: 10,
      describe: 'GET /sessions/{id} answers 200',
    });
    return `200, ${status}, from ${start}`;
  },
};

const duplicates = async ({ stack }: Stage): Promise<number> => {
  const text = await (await fetch(`${stack.sessions.adminUrls['consumer']}/metrics`)).text();
  const line = /^consumer_messages_total\{.*outcome="duplicate".*\} (\d+)$/m.exec(text);
  return Number(line?.[1] ?? 0);
};

export const deliverAgain: Step = {
  says: 'the very same message is delivered again, and ignored',
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
};
