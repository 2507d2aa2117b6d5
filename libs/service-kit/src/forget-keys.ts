import type { Logger } from 'pino';
import type { Database, Statement } from './database.ts';
import type { Component } from './lifecycle.ts';

const BATCH = 1_000;
const EVERY_MS = 60_000;

/** Small steps: each is a short transaction. Two apis at the same rows are no harm, a deadlock of theirs is tried again. */
const forgetSome: Statement = {
  name: 'idempotency-keys-forget',
  text: `delete from idempotency_keys where (user_id, key) in (
      select user_id, key from idempotency_keys where kept_at < now() - interval '24 hours'
      order by kept_at limit ${BATCH})
    returning 1`,
};

/** Forgets answers that were kept for 24 hours, at the start and once a minute. Any number of them may run at once. */
export const createKeyForgetting = (database: Database, log: Logger): Component => {
  let timer: NodeJS.Timeout | undefined;
  const forget = async (): Promise<void> => {
    try {
      while ((await database.query(forgetSome)).length === BATCH) continue;
    } catch (err) {
      log.warn({ err }, 'old idempotency keys are forgotten later');
    }
  };
  return {
    name: 'key forgetting',
    start: async () => {
      timer = setInterval(() => void forget(), EVERY_MS).unref();
      void forget();
    },
    stop: async () => clearInterval(timer),
  };
};
