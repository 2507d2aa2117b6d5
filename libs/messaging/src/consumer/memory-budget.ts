import type { Subscription } from '../inbox/message.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;

/**
 * What one process takes in bytes on the wire, so that it fits its 256 MiB whatever is sent (F43). AMQP's prefetch counts
 * messages only, so a body has a limit too: what is larger is cut while it arrives, and dead-lettered.
 */
export const budget = {
  /** Twice the largest legal event; the brokers of compose, Kubernetes and the local stack refuse what is larger. */
  largestBody: 128 * KIB,
  /** Bodies that wait in memory: the prefetch is as much of it as bodies of the largest size fit in. */
  waitingBytes: 16 * MIB,
  /** Bodies of one transaction, which stand in memory several times over; one message always goes through. */
  batchBytes: MIB,
} as const;

type Sized = Pick<Subscription<never>, 'largestBody'>;

export const largestBodyOf = ({ largestBody = budget.largestBody }: Sized): number => largestBody;

export const prefetchOf = (subscription: Sized): number =>
  Math.max(1, Math.floor(budget.waitingBytes / largestBodyOf(subscription)));
