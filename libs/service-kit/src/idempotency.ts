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

/** What the database knows of a key: the request whose answer is kept under it, and whether no one writes under it now. */
export type KeyState = { readonly keptHash: Buffer | null; readonly isFree: boolean };

/** Values of the parameters of the texts below. */
export const keyParameters = ({ actor, key, requestHash }: IdempotencyKey) => ({
  keyUser: actor.userId,
  key,
  requestHash,
  askedBy: JSON.stringify(actor),
});

// Writers hold the lock exclusively until their commit, or until their connection is gone; readers share it.
const lockNumber = `hashtextextended(:keyUser::uuid || ' ' || :key::text, 0)`;

export const keyStateColumns = 'request_hash as "keptHash", is_free as "isFree"';

/**
 * A FROM item with these columns, for reading the key and the row that is to be changed in one statement: one snapshot,
 * so that a reader who does not see the kept answer does not see its effect either.
 */
export const keyState = `
  (select :keyUser::uuid as user_id, :key::text as key, pg_try_advisory_xact_lock_shared(${lockNumber}) as is_free) asked
  left join idempotency_keys using (user_id, key)`;

/** For the head of a statement that writes: waits for another request that is writing under this key. */
export const takeTurn = `turn as materialized (select pg_advisory_xact_lock(${lockNumber}))`;
/** Beside the other conditions of the write: without it PostgreSQL would skip \`turn\`. */
export const hasTurn = 'exists (select from turn)';

/**
 * Keeps the row that the CTE \`from\` returned, so that effect and answer are there together or not at all. If another
 * request was faster under this key, the constraint \`idempotency_key_once\` undoes the whole statement.
 */
export const keepAnswer = (from: string): string => `
  kept as (insert into idempotency_keys (user_id, key, request_hash, asked_by, answer)
    select :keyUser, :key, :requestHash, :askedBy, row_to_json(${from}) from ${from})`;

/** The row that was answered with then, as the row type of \`table\`, with the caller as they were and the time. */
export const keptAnswer = (table: string, alias: string): string =>
  `idempotency_keys, json_populate_record(null::${table}, answer) as ${alias} where user_id = :keyUser and key = :key`;

/** Whether this very request was done under its key before. */
export const isDone = ({ keptHash }: KeyState, key: IdempotencyKey): boolean =>
  keptHash?.equals(key.requestHash) ?? false;

/** 422 and 409 of the key, for a request that is not done. */
export const assertUsable = ({ keptHash, isFree }: KeyState): void => {
  if (keptHash) throw new IdempotencyKeyReused();
  if (!isFree) throw new IdempotencyKeyInUse();
};
