import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { Unavailable } from '../errors.ts';
import type { Clock } from './verify.ts';

/** Where keys come from, and how often they are fetched (ms). */
export type JwksSource = {
  readonly load: () => Promise<string>;
  /** Older keys are refreshed in the background. */
  readonly maxAgeMs: number;
  /** Between two fetches for an unknown key id, so that made-up ids cannot flood the issuer. */
  readonly cooldownMs: number;
  /** After a failure: until then requests fail at once instead of after another timeout. */
  readonly failureCooldownMs: number;
};

export const jwksFromUrl = (url: string): JwksSource => ({
  load: () => download(url),
  maxAgeMs: 300_000,
  cooldownMs: 5_000,
  failureCooldownMs: 1_000,
});

export const jwksFromFile = (path: string): JwksSource => ({
  load: () => readFile(path, 'utf8'),
  maxAgeMs: 1_000,
  cooldownMs: 0,
  failureCooldownMs: 0,
});

export type KeySet = {
  readonly find: JWTVerifyGetKey;
  /** True, or why there is not a single key. */
  readonly arePresent: () => Promise<true | string>;
};

/**
 * The keys of one source. While it is away the last known keys stay valid; without any: `Unavailable`. By hand because
 * jose's createRemoteJWKSet drops old keys when the issuer is away, accepts an empty set, retries a failing issuer with
 * every request, and follows the wall clock, which may be set back.
 */
export const createKeySet = (options: JwksSource & { readonly log: Logger; readonly stopwatch: Clock }): KeySet => {
  const { load, maxAgeMs, cooldownMs, failureCooldownMs, log, stopwatch } = options;
  let keys: JWTVerifyGetKey | undefined;
  let text = '';
  let problem: string | undefined;
  let loadedAt = -Infinity;
  let loading: Promise<void> | undefined;

  const loadKeys = async (): Promise<void> => {
    loadedAt = stopwatch();
    try {
      const loaded = await load();
      if (loaded !== text) keys = localKeys(JSON.parse(loaded) as JSONWebKeySet); // importing a key is slow
      text = loaded;
      problem = undefined;
    } catch (err) {
      problem = err instanceof Error ? err.message : 'the key set cannot be read';
      // an error without any keys: every request is rejected until someone acts
      log[keys ? 'warn' : 'error']({ err, keysKnown: keys !== undefined }, 'key set cannot be read');
    }
  };

  const refresh = async (): Promise<void> => {
    const isCoolingDown = stopwatch() - loadedAt < (problem ? failureCooldownMs : cooldownMs);
    if (!loading && isCoolingDown) return;
    await (loading ??= loadKeys().finally(() => (loading = undefined)));
  };

  const findAgain: JWTVerifyGetKey = async (header, token) => {
    await refresh();
    // with a failing source it is unknown whether the key exists
    if (!keys || problem) throw new Unavailable('Tokens cannot be verified at the moment.');
    return keys(header, token);
  };

  return {
    arePresent: async () => {
      if (!keys) await refresh();
      return keys ? true : `no token can be verified: ${problem}; check AUTH_JWKS_URL or AUTH_JWKS_FILE`;
    },
    find: async (header, token) => {
      if (!keys) return findAgain(header, token);
      if (stopwatch() - loadedAt > maxAgeMs) void refresh();
      try {
        return await keys(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        return findAgain(header, token); // the issuer may have rotated its keys
      }
    },
  };
};

const usableTypes = new Set(['OKP', 'EC', 'RSA']);

/** Throws for an empty key set: it is an issuer's mistake, not the wish to reject every token. */
const localKeys = (set: JSONWebKeySet): JWTVerifyGetKey => {
  const find = createLocalJWKSet(set); // throws for anything but a key set
  const usable = set.keys.filter(({ kty, use }) => usableTypes.has(kty ?? '') && (use ?? 'sig') === 'sig');
  if (usable.length === 0) throw new Error(`the key set has no key to verify with (${set.keys.length} keys)`);
  return find;
};

const TIMEOUT_MS = 2_000;
const MAX_BYTES = 256 * 1024;

const download = async (url: string): Promise<string> => {
  // a redirect could lead to someone else's keys
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (response.status !== 200) throw new Error(`the JWKS URL answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error('the key set is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
