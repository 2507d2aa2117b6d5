import type { ConsumeMessage } from 'amqplib';
import type { TechnicalReason } from './reasons.ts';

type Death = { readonly reason: TechnicalReason; readonly detail: string };

/** By the broker's word for it in `x-death`; each has its row in the runbook. */
const deaths: Readonly<Record<string, Death>> = {
  delivery_limit: { reason: 'delivery-limit', detail: 'redelivered too often' },
  expired: { reason: 'expired', detail: 'its time to live ended in the queue: a policy or a sender sets message-ttl' },
  maxlen: { reason: 'queue-full', detail: 'the queue was full: a policy sets max-length with overflow drop-head' },
  rejected: {
    reason: 'rejected',
    detail: 'a consumer rejected it without requeue; consumers of this library never do',
  },
};

const unexplained: Death = {
  reason: 'sent-to-dead-queue',
  detail: 'the broker names no reason in x-death: it was published to the dead queue',
};

/** Why the broker dead-lettered a message: the latest entry of `x-death` for this queue. */
export const brokerReason = ({ properties }: ConsumeMessage, queue: string): Death => {
  const history: unknown = (properties.headers as { 'x-death'?: unknown } | undefined)?.['x-death'];
  const entries = (Array.isArray(history) ? history : []) as { queue?: unknown; reason?: unknown }[];
  const word = entries.find((entry) => entry?.queue === queue)?.reason;
  if (typeof word !== 'string') return unexplained;
  return deaths[word] ?? { ...unexplained, detail: `the broker's reason: ${word.slice(0, 100)}` };
};
