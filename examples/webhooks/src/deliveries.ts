import type { Pool } from 'pg';
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

export type Delivery = {
  readonly messageId: string;
  readonly endpointId: string;
  readonly body: string;
  readonly attempts: number;
  readonly url: string;
  readonly secret: string;
};

// a claim lasts a minute: if the process dies, another one sends again, with the same id
const claim = `update webhook_deliveries delivery
  set attempts = attempts + 1, due_at = now() + interval '1 minute'
  from webhook_endpoints endpoint
  where endpoint.id = delivery.endpoint_id and (delivery.message_id, delivery.endpoint_id) in (
    select message_id, endpoint_id from webhook_deliveries
    where due_at <= now() order by due_at limit $1 for update skip locked)
  returning message_id as "messageId", endpoint_id as "endpointId", body, attempts, url, secret`;

const record = `update webhook_deliveries
  set outcome = $3, due_at = now() + make_interval(secs => $4), delivered_at = case when $5 then now() end
  where message_id = $1 and endpoint_id = $2`;

const leave = `with gone as (update webhook_endpoints set gone_at = now() where id = $1)
  update webhook_deliveries set due_at = null, outcome = '410' where endpoint_id = $1 and due_at is not null`;

/** At most `limit` that are due, counted as attempted. */
export const claimDue = async (database: Pool, limit: number): Promise<Delivery[]> =>
  (await database.query<Delivery>(claim, [limit])).rows;

export type Outcome = { readonly what: string; readonly isDelivered: boolean; readonly waitSeconds: number | null };

export const recordOutcome = async (database: Pool, { messageId, endpointId }: Delivery, outcome: Outcome) => {
  const { what, isDelivered, waitSeconds } = outcome;
  await database.query(record, [messageId, endpointId, what, waitSeconds, isDelivered]);
};

/** After a 410: the endpoint gets no more deliveries, waiting ones included. */
export const leaveEndpoint = async (database: Pool, endpointId: string): Promise<void> => {
  await database.query(leave, [endpointId]);
};
