import { createHash } from 'node:crypto';
import type { Actor } from './actor.ts';
import { canonicalJson } from './canonical-json.ts';
import { ProblemError } from './errors.ts';

/** The caller's `Idempotency-Key`, and what tells this request from others that come under it. */
export type IdempotencyKey = { readonly actor: Actor; readonly key: string; readonly requestHash: Buffer };

/** Method, path and body say what is asked; no body is the same as `{}`. Keys and white space may stand in any order. */
export const requestHash = (method: string, path: string, body: unknown = {}): Buffer =>
  createHash('sha256')
    .update(canonicalJson([method, path, body]))
    .digest();

/** What the database knows of a key: the request whose answer is kept under it, and whether no one writes under it now. */
export type KeyState = { readonly keptHash: Buffer | null; readonly isFree: boolean };

/**
 * The number of the advisory lock of the key in a FROM item with the columns `key_user` and `key`. Writers hold it
 * exclusively until their commit, or until their connection is gone; readers share it.
 */
export const keyLock = (item: string): string => `hashtextextended(${item}.key_user || ' ' || ${item}.key, 0)`;

/** Values of one command under these parameters; without a key, nulls. */
export const keyParameters = (key: IdempotencyKey | undefined) => ({
  keyUser: key?.actor.userId ?? null,
  key: key?.key ?? null,
  requestHash: key?.requestHash ?? null,
  askedBy: key ? JSON.stringify(key.actor) : null,
});

/** The row that was answered with then, as the row type of `table`, with the caller as they were and the time. */
export const keptAnswer = (table: string, alias: string): string =>
  `idempotency_keys, json_populate_record(null::${table}, answer) as ${alias} where user_id = :keyUser and key = :key`;

/** Whether this very request was done under its key before. */
export const isDone = ({ keptHash }: KeyState, key: IdempotencyKey): boolean =>
  keptHash?.equals(key.requestHash) ?? false;

/** 422 and 409 of the key, for a request that is not done. */
export const assertUsable = ({ keptHash, isFree }: KeyState): void => {
  if (keptHash) {
    const detail = 'You have already used this Idempotency-Key for a different request.';
    throw new ProblemError(422, 'idempotency-key-reused', detail);
  }
  if (!isFree) {
    const detail = 'Another request with this Idempotency-Key is in progress.';
    throw new ProblemError(409, 'idempotency-key-in-use', detail, { headers: { 'Retry-After': '1' } });
  }
};
