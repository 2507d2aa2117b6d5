import { replicationBarrier, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';
import { tellApart, type Entered } from './entered.ts';
import type { Message } from './message.ts';

const enter: Statement = {
  name: 'inbox-enter',
  text: `insert into inbox (message_id, queue, content_hash)
    select id, $2, hash from unnest($1::uuid[], $3::bytea[]) as m(id, hash)
    order by id -- one order for everybody: no deadlocks
    on conflict do nothing
    returning message_id`,
};

const look: Statement = {
  name: 'inbox-look',
  text: 'select message_id, content_hash from inbox where queue = $2 and message_id = any($1::uuid[])',
};

/**
 * First statement of the consumer's transaction: who enters a message id first handles it; a concurrent copy waits here
 * for the outcome. `messages` hold each id once.
 */
export const enterInbox = async <Data>(
  tx: Queryable,
  queue: string,
  messages: readonly Message<Data>[],
): Promise<Entered<Data>> => {
  const ids = messages.map(({ id }) => id);
  const entered = await tx.query<{ message_id: string }>(enter, [ids, queue, messages.map((m) => m.contentHash)]);
  if (entered.length === messages.length) return { fresh: messages, duplicates: [], mismatches: [] };
  const isFresh = new Set(entered.map((row) => row.message_id));
  const known = ids.filter((id) => !isFresh.has(id));
  const rows = await tx.query<{ message_id: string; content_hash: Buffer }>(look, [known, queue]);
  await tx.query(replicationBarrier); // copies are acknowledged too: only when the first one's effect cannot be undone
  const hashes = new Map(rows.map((row) => [row.message_id, row.content_hash]));
  return tellApart(messages, (id) => isFresh.has(id), hashes);
};
