import { randomUUIDv7 } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import type { Database } from '@mentor-sessions/service-kit/database';
import { scheduleSessions } from '@mentor-sessions/sessions/use-cases/schedule-sessions';
import { incomingDelivery } from '../../../../libs/messaging/src/consumer/read-delivery.ts';
import { settleBatch } from '../../../../libs/messaging/src/consumer/settle-batch.ts';
import { consumerMetrics, log } from '../../simulation/world/quiet.ts';
import type { Scenario } from '../explore.ts';
import type { Act } from '../interleave.ts';
import { deliveryOf, messageOf, subscription, type Accepted } from './messages.ts';
import { namesOf, rowsOf } from './session-rows.ts';

/** A consumer's handling of a received batch, up to the acknowledgement. */
export const consume =
  (deliveries: readonly ConsumeMessage[]): Act =>
  async ({ database }) => {
    const batch = deliveries.map((delivery) => incomingDelivery(delivery, subscription));
    const failed = await settleBatch(batch, {
      database,
      subscription,
      metrics: consumerMetrics,
      log,
      onCommitted: () => undefined,
    });
    if (failed.length > 0) throw new Error(`${failed.length} to be tried again`);
  };

export type Batches = {
  /** Handled before the race. */
  readonly before?: readonly Accepted[];
  readonly batches: Readonly<Record<string, readonly Accepted[]>>;
};

/** Consumers of one queue, each with its batch. */
export const consumers =
  (given: () => Batches): Scenario =>
  async (database) => {
    const { before = [], batches } = given();
    await schedule(database, before);
    const all = [...before, ...Object.values(batches).flat()];
    const acts = Object.entries(batches).map(([name, batch]) => [name, consume(batch.map(deliveryOf))]);
    return { acts: Object.fromEntries(acts), names: namesOf(all), rows: () => rowsOf(database, all) };
  };

/** The use case without the inbox: messages older than the inbox's retention. */
export const schedulers =
  (given: () => Batches): Scenario =>
  async (database) => {
    const { batches } = given();
    const all = Object.values(batches).flat();
    const acts = Object.entries(batches).map(([name, batch]): [string, Act] => [
      name,
      (t) => schedule(t.database, batch),
    ]);
    return { acts: Object.fromEntries(acts), names: namesOf(all), rows: () => rowsOf(database, all) };
  };

export const schedule = async (database: Database, batch: readonly Accepted[]): Promise<void> => {
  if (batch.length === 0) return;
  await database.transaction((tx) => scheduleSessions(tx, batch.map(messageOf), randomUUIDv7));
};
