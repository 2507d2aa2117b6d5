import type { Envelope } from '@mentor-sessions/contracts';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import type { Filter, PageRequest } from '@mentor-sessions/service-kit/keyset';
import type { ChangeCommand, Seen } from '@mentor-sessions/service-kit/repository';
import type { Party } from '@mentor-sessions/service-kit/transitions';
import { withAttention, type Sessions } from '../database/database.ts';
import { complete, lifecycle, start, type Attention, type Session } from '../domain/session.ts';
import { eventsOf, sessionCompletedEvent, sessionStartedEvent, type Message } from '../domain/events.ts';

export type { Sessions } from '../database/database.ts';

export type MoveSession = ChangeCommand & Message;

export const startSession = (db: Sessions, command: MoveSession): Promise<Seen<Session>> =>
  db.change(command, (session, { now, mentorUserId }) => {
    const started = start(session, { actor: command.actor, now });
    return { update: started, event: sessionStartedEvent({ ...session, ...started }, { ...command, mentorUserId }) };
  });

export const completeSession = (db: Sessions, command: MoveSession): Promise<Seen<Session>> =>
  db.change(command, (session, { now, mentorUserId }) => {
    const completed = complete(session, { actor: command.actor, now });
    return {
      update: completed,
      event: sessionCompletedEvent({ ...session, ...completed }, { ...command, mentorUserId }),
    };
  });

export const getSession = async (db: Sessions, id: string, actor: Actor): Promise<Seen<Session>> => {
  const found = await db.get(id);
  lifecycle.assertReadable(found.row, actor);
  return found;
};

export const getSessionHistory = async (db: Sessions, id: string, actor: Actor) => {
  await getSession(db, id, actor);
  return db.history(id);
};

export type ListSessions = {
  readonly as?: Party | undefined;
  readonly filter: Filter & {
    readonly bookingId?: string | undefined;
    readonly attention?: readonly Attention[] | undefined;
  };
  readonly page: PageRequest;
  readonly completionGraceSeconds: number;
};

/** The caller's own, as mentor, as mentee or both, at this time of the database. */
export const listSessions = async (
  db: Sessions,
  actor: Actor,
  { as, filter: { attention, ...filter }, page, completionGraceSeconds }: ListSessions,
) => {
  const now = await db.now();
  const narrowed = attention ? withAttention(filter, { attention, now, completionGraceSeconds }) : filter;
  return { ...(await db.list(lifecycle.ownRows(actor, as), narrowed, page)), now };
};

/** What must have been published of a session, from its row; message ids are kept nowhere else, so they are new. */
export const eventsOfSession =
  (db: Sessions, newId: () => string) =>
  async (tx: Queryable, id: string): Promise<Envelope[]> => {
    const found = await db.find(tx, id);
    return found ? eventsOf(found.row, found, newId) : [];
  };
