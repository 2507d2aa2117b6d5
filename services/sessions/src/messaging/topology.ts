import { bookingAcceptedQueue, eventsExchange } from '@mentor-sessions/contracts';
import type { Topology } from '@mentor-sessions/messaging';

/** What the sessions service declares: the exchange that all share, and its own queue. */
export const topology: Topology = { exchange: eventsExchange, queues: [bookingAcceptedQueue] };

/** A relay needs the exchange alone: what is wrong with a queue, or missing, does not stop it. */
export const relayTopology: Topology = { exchange: eventsExchange, queues: [] };
