import type { Store } from '../store/store.ts';
import type { World } from '../world/world.ts';

const isEmpty = ({ outbox }: Store): boolean => [...outbox.rows()].length === 0;

/** Nothing is left in outboxes, queues or clients. */
export const isAtRest = (world: World): boolean => {
  if (world.faulty || !isEmpty(world.bookings) || !isEmpty(world.sessions)) return false;
  if (world.broker.strandedLetters > 0) return false;
  for (const queue of world.broker.queues.values()) if (queue.ready.length > 0 || queue.unacked > 0) return false;
  return true;
};
