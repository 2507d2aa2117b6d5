import { queryBoth, type Databases, type Service } from './connections.ts';

/** Of the last 24 hours: older ones are history. */
export type Overdue = {
  readonly service: Service;
  readonly kind: 'draft' | 'start' | 'completion';
  /** For people. */
  readonly what: string;
  /** Up to 500. */
  readonly count: number;
  /** Since the oldest of them expired or became overdue; 0 if there is none. */
  readonly oldestAgeSeconds: number;
};

/** As the alerts: people forget some, but not so many at once. */
const LIMIT = 100;

const overdue = 'select kind, count, oldest_age_seconds as "oldestAgeSeconds" from overdue()';

const names = { draft: 'drafts expired', start: 'sessions not started', completion: 'sessions not completed' };

export const readOverdue = async (databases: Databases): Promise<Overdue[]> => {
  const rows = await queryBoth(databases, (db) => db.query<Omit<Overdue, 'service' | 'what'>>(overdue));
  return rows.map((row) => ({ ...row, what: names[row.kind] }));
};

export const overdueProblems = ({ what, count }: Overdue): string[] =>
  count > LIMIT ? [`${count} ${what} in the last 24 h`] : [];
