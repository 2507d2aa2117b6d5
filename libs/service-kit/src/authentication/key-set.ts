import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { Unavailable } from '../errors.ts';
import type { JwksSource } from './jwks-source.ts';
import type { Clock } from './verify.ts';

type Options = JwksSource & { readonly log: Logger; readonly stopwatch: Clock };

export type KeySet = {
  readonly find: JWTVerifyGetKey;
  /** True, or why there is not a single key. */
  readonly arePresent: () => Promise<true | string>;
};

/** The configured keys and no others. During an outage of their source the last known ones stay good; without any: `Unavailable`. */
export const createKeySet = (options: Options): KeySet => {
  const cache = createCache(options);
  const arePresent = async (): Promise<true | string> => {
    if (cache.current() ?? (await cache.refresh())) return true;
    return `no token can be verified: ${cache.problem()}; check AUTH_JWKS_URL or AUTH_JWKS_FILE`;
  };
  const find: JWTVerifyGetKey = async (header, token) => {
    const known = cache.current() ?? (await cache.refresh());
    if (cache.isOld()) void cache.refresh();
    if (!known) throw noKeys();
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return lookAgain(cache, error)(header, token);
    }
  };
  return { find, arePresent };
};

// An unknown key: perhaps rotated in since. Whether it exists cannot be told while the source does not answer.
const lookAgain =
  (cache: Cache, error: Error): JWTVerifyGetKey =>
  async (header, token) => {
    const fresh = await cache.refresh();
    if (cache.isFailing()) throw noKeys();
    if (!fresh) throw error;
    return fresh(header, token);
  };

const noKeys = () => new Unavailable('Tokens cannot be verified at the moment.');

type Cache = ReturnType<typeof createCache>;

const createCache = ({ load, log, stopwatch, ...limits }: Options) => {
  let keys: JWTVerifyGetKey | undefined;
  let text = '';
  let problem: string | undefined;
  let askedAt = -Infinity;
  let pending: Promise<JWTVerifyGetKey | undefined> | undefined;

  const ask = async (): Promise<JWTVerifyGetKey | undefined> => {
    askedAt = stopwatch();
    try {
      const loaded = await load();
      if (loaded !== text) keys = localKeys(JSON.parse(loaded) as JSONWebKeySet); // else keep the imported keys
      text = loaded;
      problem = undefined;
    } catch (err) {
      problem = err instanceof Error ? err.message : 'the key set cannot be read';
      // without any key every request is refused: someone must act
      log[keys ? 'warn' : 'error']({ err, keysKnown: keys !== undefined }, 'key set cannot be read');
    }
    return keys;
  };
  const refresh = (): Promise<JWTVerifyGetKey | undefined> => {
    const cooldown = problem ? limits.failureCooldownMs : limits.cooldownMs;
    if (!pending && stopwatch() - askedAt < cooldown) return Promise.resolve(keys);
    return (pending ??= ask().finally(() => (pending = undefined)));
  };
  return {
    current: () => keys,
    refresh,
    isOld: () => stopwatch() - askedAt > limits.maxAgeMs,
    isFailing: () => problem !== undefined,
    problem: () => problem,
  };
};

const verifying = new Set(['OKP', 'EC', 'RSA']);

/** An empty key set is a publisher's mistake, not the wish to refuse every token: the keys before it stay good. */
const localKeys = (set: JSONWebKeySet): JWTVerifyGetKey => {
  const find = createLocalJWKSet(set); // throws for what is not a key set
  const usable = set.keys.filter(({ kty, use }) => verifying.has(kty ?? '') && (use ?? 'sig') === 'sig');
  if (usable.length === 0) throw new Error(`the key set has no key to verify with (${set.keys.length} keys)`);
  return find;
};
