import type { Actor } from '@mentor-sessions/service-kit/actor';
import { mergePages, type Page, type PageRequest } from '@mentor-sessions/service-kit/keyset';
import type { SessionsDatabase } from '../database/database.ts';
import { findSessionPage, type SessionFilter } from '../database/list-session-rows.ts';
import type { Session } from '../domain/session.ts';
import type { Party } from '../domain/lifecycle.ts';

export type ListSessions = {
  readonly as?: Party | undefined;
  readonly filter: SessionFilter;
  readonly page: PageRequest;
};

/** The caller's own, as mentor, as mentee or both: an index scan for each side, merged. */
export const listSessions = async (db: SessionsDatabase, actor: Actor, list: ListSessions): Promise<Page<Session>> => {
  const owners = ownersOf(actor).filter(({ as }) => list.as === undefined || list.as === as);
  const pages = await Promise.all(
    owners.map(({ owner }) => findSessionPage(db, { ...list.filter, ...owner }, list.page)),
  );
  return mergePages(pages, list.page);
};

const ownersOf = ({ roles, userId, mentorProfileId }: Actor) => [
  ...(roles.includes('mentor') && mentorProfileId ? [{ as: 'mentor', owner: { mentorProfileId } } as const] : []),
  ...(roles.includes('mentee') ? [{ as: 'mentee', owner: { menteeUserId: userId } } as const] : []),
];
