import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type { Message } from './message.ts';

/** A message that was never sent, for `Subscription.sample`. */
export const sampleOf = <Data>(type: string, data: Data): Message<Data> => ({
  id: randomUUIDv7(),
  type,
  subject: randomUUIDv7(),
  time: new Date().toISOString(),
  sequence: 1,
  correlationId: randomUUIDv7(),
  contentHash: randomBytes(32),
  data,
});
