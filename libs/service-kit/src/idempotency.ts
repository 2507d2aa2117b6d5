import { createHash } from 'node:crypto';
import type { Actor } from './actor.ts';
import { canonicalJson } from './canonical-json.ts';
import { IdempotencyKeyInUse, IdempotencyKeyReused } from './errors.ts';

/** The caller's `Idempotency-Key`, and what tells this request from others that come under it. */
export type IdempotencyKey = { readonly actor: Actor; readonly key: string; readonly requestHash: Buffer };

/** Method, path and body say what is asked; no body is the same as `{}`. Keys and white space may stand in any order. */
export const requestHash = (method: string, path: string, body: unknown = {}): Buffer =>
  createHash('sha256')
    .update(canonicalJson([method, path, body]))
    .digest();

/** What the database knows of a key: the request whose answer is kept under it, and whether nobody writes under it now. */
export type KeyState = { readonly keptHash: Buffer | null; readonly isFree: boolean };

export const keyStateColumns = 'request_hash as "keptHash", is_free as "isFree"';

// Writers hold the lock exclusively until their commit, or until their connection is gone; who looks shares it.
const lockNumber = (first: number): string => `hashtextextended($${first}::uuid || ' ' || $${first + 1}::text, 0)`;

/**
 * A FROM item with the columns above, for reading the key and the row that is to be changed in one statement: one
 * snapshot, so that who does not see the kept answer does not see its effect either. Its two parameters are `keyName(key)`.
 */
export const keyStateFrom = (first: number): string => `
  (select $${first}::uuid as user_id, $${first + 1}::text as key,
    pg_try_advisory_xact_lock_shared(${lockNumber(first)}) as is_free) asked
  left join idempotency_keys using (user_id, key)`;

export const keyName = ({ actor, key }: IdempotencyKey): unknown[] => [actor.userId, key];

/** For the head of a statement that writes: waits for whoever writes under this key now. It ends with the statement. */
export const lockKey = (first: number): string =>
  `turn as materialized (select pg_advisory_xact_lock(${lockNumber(first)}))`;
/** Beside the other conditions of the write, or the lock is never asked for. */
export const hasTurn = 'exists (select from turn)';

/**
 * For a change that is one statement: keeps what the CTE `from` returned, so that effect and answer are there together or
 * not at all. Its four parameters are `keyValues(key)`. If somebody was faster under this key, the constraint
 * `idempotency_key_once` undoes the whole statement.
 */
export const keepAnswerFrom = (from: string, first: number): string => `
  kept as (insert into idempotency_keys (user_id, key, request_hash, asked_by, answer)
    select $${first}, $${first + 1}, $${first + 2}, $${first + 3}, row_to_json(${from}) from ${from})`;

export const keyValues = (key: IdempotencyKey): unknown[] => [
  ...keyName(key),
  key.requestHash,
  JSON.stringify(key.actor),
];

/** The row that was answered with then, as the row type of `table`, with the caller as they were and the time. */
export const keptAnswerFrom = (table: string, alias = table): string =>
  `idempotency_keys, json_populate_record(null::${table}, answer) as ${alias} where user_id = $1 and key = $2`;

/** Whether this very request was done under its key before. */
export const isDone = ({ keptHash }: KeyState, key: IdempotencyKey): boolean =>
  keptHash?.equals(key.requestHash) ?? false;

/** 422 and 409 of the key, for a request that is not done. */
export const assertUsable = ({ keptHash, isFree }: KeyState): void => {
  if (keptHash) throw new IdempotencyKeyReused();
  if (!isFree) throw new IdempotencyKeyInUse();
};
