import { randomUUIDv7 } from 'node:crypto';
import type { Envelope } from '@mentor-sessions/contracts';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { findSession } from '../database/session-rows.ts';
import { eventsOfSession } from '../domain/session-events.ts';

/** What must have been published of this session, from its row; its message ids are kept nowhere else, so they are new. */
export const eventsOfSessionRow = async (tx: Queryable, id: string): Promise<Envelope[]> => {
  const found = await findSession(tx, id);
  return found ? eventsOfSession(found.session, { mentorUserId: found.mentorUserId, newId: randomUUIDv7 }) : [];
};
