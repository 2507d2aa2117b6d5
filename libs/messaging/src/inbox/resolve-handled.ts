import type { Database, Statement } from '@mentor-sessions/service-kit/database';
import { enterInbox, inboxOf, type Inbox } from './inbox.ts';

/** Not of messages that another sent under the id, or with other content: those stay for an operator. */
const resolve: Statement = {
  name: 'dead-letters-resolve',
  text: `update dead_letters set resolved_at = date_trunc('milliseconds', clock_timestamp()),
      resolution = case when resolved_by is null then 'handled' else 'replayed' end,
      resolved_by = coalesce(resolved_by, 'resend')
    where resolved_at is null and queue = $1 and message_id = any($2)
      and reason not in ('forged-sender', 'content-mismatch', 'id-mismatch')`,
};

/** The inbox of a subscriber: a message that comes again and is handled resolves its dead letter, in the same transaction. */
export const resolvingInbox = (database: Database): Inbox => ({
  ...inboxOf(database),
  enter: async (tx, queue, messages) => {
    const entries = await enterInbox(tx, queue, messages);
    await tx.query(resolve, [queue, [...entries.fresh, ...entries.duplicates].map(({ id }) => id)]);
    return entries;
  },
});
