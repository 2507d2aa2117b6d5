import { bookingAcceptedQueue, catalogue, sessionEventsQueue } from '@mentor-sessions/contracts';
import type { Service } from './connections.ts';
import { UsageError } from './errors.ts';

/** Throws UsageError if this is a queue of ours that does not handle this type: each message would become a dead letter. */
export const assertHandles = (queue: string, type: string): void => {
  const own = [bookingAcceptedQueue, sessionEventsQueue].find(
    ({ name, deadQueue }) => queue === name || queue === deadQueue,
  );
  const handled: readonly string[] = own?.name === queue ? own.routingKeys : [];
  if (own && !handled.includes(type)) throw new UsageError(`${queue} does not handle ${type}.`);
};

/** The service that publishes this type. Throws UsageError if there is no such type. */
export const publisherOf = (type: string): Service => {
  const event = catalogue.find((each) => each.type === type);
  if (!event) {
    const known = [...new Set(catalogue.map((each) => each.type))].join(', ');
    throw new UsageError(`Unknown event type ${type}. Known types: ${known}.`);
  }
  return event.source === '/bookings' ? 'bookings' : 'sessions';
};
