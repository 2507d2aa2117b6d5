import type { Databases } from '../databases.ts';

export type SessionCounts = Readonly<Record<'scheduled' | 'in_progress' | 'completed', number>>;

type Counted = { readonly status: keyof SessionCounts; readonly count: number };

/** Of a large table the planner's statistics tell. */
export const countSessions = async ({ sessions }: Pick<Databases, 'sessions'>): Promise<SessionCounts> => {
  const rows = await sessions.query<Counted>('select status, count from sessions_by_status()');
  const none = { scheduled: 0, in_progress: 0, completed: 0 }; // a status that no session has is not in the answer
  return { ...none, ...Object.fromEntries(rows.map(({ status, count }) => [status, count])) };
};
