import { rejectSurfaced } from '@mentor-sessions/service-kit/database';
import { keysetFind, type PageRequest, type StartRange } from '@mentor-sessions/service-kit/keyset';
import { Session } from '../domain/session.ts';
import type { SessionStatus } from '../domain/lifecycle.ts';
import type { SessionsDatabase } from './database.ts';
import { completeSession } from './session-rows.ts';

export type SessionFilter = StartRange & {
  readonly status?: SessionStatus | undefined;
  readonly bookingId?: string | undefined;
};

type Owner = { readonly mentorProfileId: string } | { readonly menteeUserId: string };

/** One item more than the page has. */
export const findSessionPage = async (
  db: SessionsDatabase,
  filter: SessionFilter & Owner,
  page: PageRequest,
): Promise<Session[]> => {
  const { where, options } = keysetFind(filter, page);
  const sessions = await db.orm.em.fork().find(Session, where, options).catch(rejectSurfaced);
  return sessions.map(completeSession);
};
