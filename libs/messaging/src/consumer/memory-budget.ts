import type { Subscription } from '../inbox/message.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;

/**
 * How many bytes one process holds, so that it stays within 256 MiB whatever is sent (F43). AMQP's prefetch counts messages
 * only, so bodies are limited too: a larger one is truncated while it arrives, and dead-lettered.
 */
export const budget = {
  /** Twice the largest valid event; the brokers of compose, Kubernetes and the local stack refuse larger messages. */
  largestBody: 128 * KIB,
  /** Bodies waiting in memory: the prefetch is as many bodies of the largest size as fit. */
  waitingBytes: 16 * MIB,
  /** Bodies of one transaction, which are in memory several times over; one message is always allowed. */
  batchBytes: MIB,
} as const;

type Sized = Pick<Subscription<never>, 'largestBody'>;

export const largestBodyOf = ({ largestBody = budget.largestBody }: Sized): number => largestBody;

export const prefetchOf = (subscription: Sized): number =>
  Math.max(1, Math.floor(budget.waitingBytes / largestBodyOf(subscription)));
