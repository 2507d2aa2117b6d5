import type pg from 'pg';
import { requirementIn } from './errors.ts';

const PAUSE_MS = 500;
/** As long as an attempt may take. */
const ATTEMPT_MS = 2_000;

const refusals = new WeakMap<pg.Pool, { readonly cause: unknown; tryAgainAt: number }>();

/**
 * Why new connections are refused: callers get it at once instead of each opening one in vain. Twice a second one of them
 * gets undefined and tries.
 */
export const standingRefusal = (pool: pg.Pool): unknown => {
  const refusal = refusals.get(pool);
  const now = performance.now();
  if (!refusal || now < refusal.tryAgainAt) return refusal?.cause;
  refusal.tryAgainAt = now + ATTEMPT_MS;
  return undefined;
};

export const forgetRefusal = (pool: pg.Pool): void => void refusals.delete(pool);

/** Whether the server or the pooler is not as it must be: then every further connection would be refused as well. */
export const noteRefusal = (pool: pg.Pool, cause: unknown): boolean => {
  if (requirementIn(cause) === undefined) return false;
  refusals.set(pool, { cause, tryAgainAt: performance.now() + PAUSE_MS });
  return true;
};
