import type { Clock, Verified, Verify } from './verify.ts';

const LONGEST_MS = 60_000;
const MOST = 5_000;

type Remembered = { readonly verified: Verified; readonly until: number };

/** A signature costs a quarter of a millisecond, and a client sends the same token many times: good for a minute, never beyond its expiry. */
export const rememberVerified = (verify: Verify, clock: Clock, most = MOST): Verify => {
  const remembered = new Map<string, Remembered>();
  return async (token) => {
    const known = remembered.get(token);
    if (known && clock() < known.until) return known.verified;
    remembered.delete(token);
    const verified = await verify(token);
    if (remembered.size >= most) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(token, { verified, until: Math.min(clock() + LONGEST_MS, verified.expiresAt) });
    return verified;
  };
};
