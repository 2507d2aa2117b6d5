import { forgetting, type RetentionTask } from '@mentor-sessions/service-kit/retention';

const DAY = 24;

/** For how long. */
export type Kept = { readonly publishedDays: number; readonly inboxDays: number; readonly keyHours: number };

/** What a service keeps for a time, removed as the retention role. */
export const retentionTasks = ({ publishedDays, inboxDays, keyHours }: Kept): RetentionTask[] => [
  {
    name: 'days of published messages',
    removeSome: async (db) => {
      const statement = 'select * from outbox_published_drop_days(clock_timestamp(), make_interval(days => $1))';
      return (await db.query(statement, [publishedDays])).length;
    },
  },
  forgetting('stray published messages', 'outbox_published_forget_stray', publishedDays * DAY),
  forgetting('inbox rows', 'inbox_forget', inboxDays * DAY),
  forgetting('workers that are gone', 'workers_forget', DAY),
  forgetting('idempotency keys', 'idempotency_keys_forget', keyHours),
];
