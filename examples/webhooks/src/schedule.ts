import type { SessionCompleted } from '@mentor-sessions/contracts';
import type { Message, Queryable } from '@mentor-sessions/messaging';

const schedule = `insert into webhook_deliveries (message_id, endpoint_id, body)
  select message.id, endpoint.id, message.body
  from unnest($1::uuid[], $2::text[]) as message (id, body) cross join webhook_endpoints endpoint
  where endpoint.gone_at is null`;

const bodyOf = ({ type, time, data }: Message<SessionCompleted>): string =>
  JSON.stringify({ type, timestamp: time, data });

/** The effect, in the transaction that enters the inbox: one delivery for each endpoint. Nothing is sent here. */
export const scheduleDeliveries = async (
  messages: readonly Message<SessionCompleted>[],
  tx: Queryable,
): Promise<void> => {
  await tx.query(schedule, [messages.map(({ id }) => id), messages.map(bodyOf)]);
};
