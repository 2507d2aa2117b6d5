/**
 * What one process holds in bytes on the wire, so that it fits its 256 MiB whatever is sent (docs/scaling.md). AMQP's
 * prefetch counts messages, so a body has a limit as well: `largestBody` × `prefetch` is the most that waits in memory.
 */
export const budget = {
  /** A larger body is dead-lettered as too large. Four times the largest event that the services publish. */
  largestBody: 256 * 1_024,
  /** Bodies of one transaction; a single message always goes through. */
  batchBytes: 4 * 1_024 * 1_024,
} as const;
