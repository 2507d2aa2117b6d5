import { onlyRow, type Queryable } from '@mentor-sessions/service-kit/database';
import type { RetentionTask } from '@mentor-sessions/service-kit/retention';

export type Kept = { readonly publishedDays: number; readonly inboxDays: number };

const KEEP = 'clock_timestamp(), make_interval(days => $1)';
const BATCH = 1_000;

const few =
  (call: string, days: number) =>
  async (db: Queryable): Promise<number> =>
    onlyRow(await db.query<{ gone: number }>(`select ${call}(${KEEP}, ${BATCH}) as gone`, [days]), call).gone;

/** What messaging keeps for a time, as the retention role of `retentionSchema`. */
export const messagingRetention = ({ publishedDays, inboxDays }: Kept): RetentionTask[] => [
  {
    name: 'days of published messages',
    removeSome: async (db) =>
      (await db.query(`select * from outbox_published_drop_days(${KEEP})`, [publishedDays])).length,
  },
  { name: 'stray published messages', removeSome: few('outbox_published_forget_stray', publishedDays) },
  { name: 'inbox rows', removeSome: few('inbox_forget', inboxDays) },
  { name: 'workers that are gone', removeSome: few('workers_forget', 1) },
];
