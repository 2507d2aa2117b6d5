import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { KeyUnknownYet, Unavailable } from '../errors.ts';
import type { Clock, UseKeys } from './verify.ts';

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

/**
 * The keys of one source. While it is away the last known keys stay valid; without any: `Unavailable`. By hand because
 * jose's createRemoteJWKSet drops old keys when the issuer is away, accepts an empty set, retries a failing issuer with
 * every request, and follows the wall clock, which may be set back.
 */
export const createKeySet = (options: JwksSource & { readonly log: Logger; readonly stopwatch: Clock }) => {
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
      if (loaded !== text) keys = localKeys(JSON.parse(loaded.replace(/^\uFEFF/, '')) as JSONWebKeySet); // importing a key is slow
      text = loaded;
      problem = undefined;
    } catch (err) {
      problem = err instanceof Error ? err.message : 'the key set cannot be read';
      // an error without any keys: every request is rejected until someone acts
      log[keys ? 'warn' : 'error']({ err, keysKnown: keys !== undefined }, 'key set cannot be read');
    }
  };

  /** Whether keys were fetched after this call; otherwise the last fetch was too recent. */
  const refresh = async (): Promise<boolean> => {
    const cooldown = problem ? failureCooldownMs : cooldownMs;
    const isFresh = !loading && stopwatch() - loadedAt >= cooldown;
    if (isFresh || loading) await (loading ??= loadKeys().finally(() => (loading = undefined)));
    return isFresh;
  };

  /** True, or why there is not a single key. */
  const arePresent = async (): Promise<true | string> => {
    if (!keys) await refresh();
    return keys ? true : `no token can be verified: ${problem}; check AUTH_JWKS_URL or AUTH_JWKS_FILE`;
  };

  const use: UseKeys = async (attempt, isAboutKeys) => {
    let isFresh = false;
    if (!keys) isFresh = await refresh();
    else if (stopwatch() - loadedAt > maxAgeMs) void refresh();
    if (!keys) throw new Unavailable('Tokens cannot be verified at the moment.');
    try {
      return await attempt(keys);
    } catch (error) {
      if (isFresh || !isAboutKeys(error)) throw error;
    }
    // the issuer may have rotated its keys
    isFresh = await refresh();
    try {
      return await attempt(keys);
    } catch (error) {
      if (!isAboutKeys(error)) throw error;
      // with a failing source it is unknown whether the key exists
      if (problem) throw new Unavailable('Tokens cannot be verified at the moment.', { cause: error });
      if (isFresh) throw error;
      const retryAfterSeconds = Math.max(1, Math.ceil((loadedAt + cooldownMs - stopwatch()) / 1_000));
      throw new KeyUnknownYet('The key of the token is not known yet.', { cause: error, retryAfterSeconds });
    }
  };

  return { use, arePresent };
};

const usableTypes = new Set(['OKP', 'EC', 'RSA']);

/** Throws for an empty key set: it is an issuer's mistake, not the wish to reject every token. */
const localKeys = (set: JSONWebKeySet): JWTVerifyGetKey => {
  createLocalJWKSet(set); // throws for anything but a key set
  const usable = set.keys.filter(({ kty, use }) => usableTypes.has(kty ?? '') && (use ?? 'sig') === 'sig');
  if (usable.length === 0) throw new Error(`the key set has no key to verify with (${set.keys.length} keys)`);
  return createLocalJWKSet({ keys: set.keys.map(withoutEdAlgorithm) });
};

/** EdDSA and Ed25519 name one algorithm (RFC 9864); the token may have one name and the key the other. */
const withoutEdAlgorithm = ({ alg, ...key }: JWK): JWK =>
  alg === undefined || (key.crv === 'Ed25519' && ['EdDSA', 'Ed25519'].includes(alg)) ? key : { alg, ...key };

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
