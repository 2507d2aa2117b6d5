import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { SessionsDatabase } from '../database/database.ts';
import { readSession } from '../database/session-rows.ts';
import type { Session } from '../domain/session.ts';

export const getSession = async (db: SessionsDatabase, id: string, actor: Actor): Promise<Session> => {
  const { session } = await readSession(db, id);
  session.assertReadableBy(actor);
  return session;
};
