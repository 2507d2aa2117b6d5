import { bookingAcceptedQueue, eventsExchange } from '@mentor-sessions/contracts';
import type { Topology } from '@mentor-sessions/messaging';

/** What the sessions service declares: the exchange that all share, and its own queue. */
export const topology: Topology = { exchange: eventsExchange, queues: [bookingAcceptedQueue] };
