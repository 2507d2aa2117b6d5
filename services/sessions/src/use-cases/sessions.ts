import type { Envelope } from '@mentor-sessions/contracts';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import type { Filter, Page, PageRequest } from '@mentor-sessions/service-kit/keyset';
import type { ChangeCommand, Seen } from '@mentor-sessions/service-kit/repository';
import type { Sessions } from '../database/database.ts';
import { complete, lifecycle, start, type Party, type Session } from '../domain/session.ts';
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

export type ListSessions = {
  readonly as?: Party | undefined;
  readonly filter: Filter & { readonly bookingId?: string | undefined };
  readonly page: PageRequest;
};

/** The caller's own: as mentor, as mentee or both. */
export const listSessions = (db: Sessions, actor: Actor, list: ListSessions): Promise<Page<Session>> =>
  db.list(lifecycle.ownRows(actor, list.as), list.filter, list.page);

/** What must have been published of a session, from its row; message ids are kept nowhere else, so they are new. */
export const eventsOfSession =
  (db: Sessions, newId: () => string) =>
  async (tx: Queryable, id: string): Promise<Envelope[]> => {
    const found = await db.find(tx, id);
    return found ? eventsOf(found.row, found, newId) : [];
  };
