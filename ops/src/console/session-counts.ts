import type { Databases } from '../databases.ts';

export type SessionCounts = Readonly<Record<'scheduled' | 'in_progress' | 'completed', number>>;

const counts = `select count(*) filter (where status = 'scheduled')::float8 as scheduled,
    count(*) filter (where status = 'in_progress')::float8 as in_progress,
    count(*) filter (where status = 'completed')::float8 as completed
  from sessions`;

/** Reads the whole table: not to be asked for every second. */
export const countSessions = async ({ sessions }: Pick<Databases, 'sessions'>): Promise<SessionCounts> => {
  const [counted] = await sessions.query<SessionCounts>(counts);
  return counted ?? { scheduled: 0, in_progress: 0, completed: 0 };
};
