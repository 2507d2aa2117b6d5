import type { Envelope } from '@mentor-sessions/contracts';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { findSession } from '../database/session-rows.ts';
import { eventsOfSession } from '../domain/session-events.ts';

/** What must have been published of a session, from its row; message ids are kept nowhere else, so they are new. */
export const eventsOfSessionRow =
  (newId: () => string) =>
  async (tx: Queryable, id: string): Promise<Envelope[]> => {
    const found = await findSession(tx, id);
    return found ? eventsOfSession(found.session, { mentorUserId: found.mentorUserId, newId }) : [];
  };
