import { onlyRow, present, type Queryable } from './database.ts';
import type { RetentionTask } from './retention.ts';

const BATCH = 1_000;

/** Answers under an `Idempotency-Key` are kept for so long, and forgotten as the retention role of `keyRetentionSchema`. */
export const keyRetention = (hours: number): RetentionTask => ({
  name: 'idempotency keys',
  removeSome: async (db: Queryable) => {
    const statement = `select idempotency_keys_forget(clock_timestamp(), make_interval(hours => $1), ${BATCH}) as gone`;
    return present(onlyRow(await db.query<{ gone: number }>(statement, [hours]), statement).gone, statement);
  },
});
