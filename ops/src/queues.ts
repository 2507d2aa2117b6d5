import { bookingAcceptedQueue, sessionEventsQueue } from '@mentor-sessions/contracts';
import type { OperatorBroker } from '@mentor-sessions/messaging/operations';

export type QueueState = {
  readonly name: string;
  /** Messages that no consumer holds; null: there is no such queue. */
  readonly ready: number | null;
  readonly consumers: number | null;
};

/** The queues of both services, each with its dead queue. */
export const ownQueues: readonly string[] = [bookingAcceptedQueue, sessionEventsQueue].flatMap(
  ({ name, deadQueue }) => [name, deadQueue],
);

export const readQueues = (broker: OperatorBroker, names: readonly string[] = ownQueues): Promise<QueueState[]> =>
  broker.readQueues(names);
