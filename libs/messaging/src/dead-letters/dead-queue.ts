import { randomUUIDv7 } from 'node:crypto';
import { Unavailable } from '@mentor-sessions/service-kit/errors';
import type { Publisher } from '../relay/publisher.ts';
import { textOf, type DeadLetter } from './store.ts';

const WAIT_MS = 5_000;

/** Keeps a message with its reason where the broker itself puts what was redelivered too often. */
export const keepInDeadQueue = async (publisher: Publisher, letter: DeadLetter): Promise<{ id: string }> => {
  const { delivery, queue, reason, detail, attempts } = letter;
  const sent: Record<string, unknown> = { ...delivery.properties };
  const id = typeof sent['messageId'] === 'string' ? sent['messageId'] : randomUUIDv7();
  // short: headers beyond 64 KiB cannot be sent
  const headers = {
    'x-reason': reason,
    'x-detail': textOf(detail).slice(0, 2_000),
    'x-attempts': attempts,
    'x-sent-by': typeof sent['userId'] === 'string' ? sent['userId'] : '',
  };
  await publisher.whenReady(WAIT_MS);
  const outcome = await publisher.publish({ messageId: id, routingKey: queue, body: delivery.content, headers });
  if (outcome !== 'confirmed') throw new Unavailable(`The dead queue has not taken the message: ${String(outcome)}.`);
  return { id };
};
