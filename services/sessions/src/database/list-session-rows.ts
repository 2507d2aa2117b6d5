import { rejectSurfaced } from '@mentor-sessions/service-kit/database';
import type { PageRequest } from '@mentor-sessions/service-kit/keyset';
import { Session } from '../domain/session.ts';
import type { SessionStatus } from '../domain/lifecycle.ts';
import type { SessionsDatabase } from './database.ts';

export type SessionFilter = {
  readonly status?: SessionStatus | undefined;
  readonly bookingId?: string | undefined;
  /** Inclusive. */
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
};

type Owner = { readonly mentorProfileId: string } | { readonly menteeUserId: string };

/** One item more than the page has, so that the caller knows whether there is another page. */
export const findSessionPage = (
  db: SessionsDatabase,
  { from, to, ...equal }: SessionFilter & Owner,
  { order, limit, cursor }: PageRequest,
): Promise<Session[]> => {
  const beyond = order === 'asc' ? '$gt' : '$lt';
  const where = {
    $and: [
      Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined)),
      ...(from ? [{ startTime: { $gte: from } }] : []),
      ...(to ? [{ startTime: { $lt: to } }] : []),
      // the first condition bounds the index scan, the second one leaves out what was seen at that very start
      ...(cursor
        ? [
            { startTime: { [`${beyond}e`]: cursor.start } },
            { $or: [{ startTime: { [beyond]: cursor.start } }, { id: { [beyond]: cursor.id } }] },
          ]
        : []),
    ],
  };
  const options = { orderBy: [{ startTime: order }, { id: order }], limit: limit + 1 };
  return db.orm.em.fork().find(Session, where, options).catch(rejectSurfaced);
};
