import { eventsExchange } from '@mentor-sessions/contracts';
import type { Topology } from '@mentor-sessions/messaging';

/** What the bookings service declares: the exchange that all share; queues belong to their consumers. */
export const topology: Topology = { exchange: eventsExchange, queues: [] };
