import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { Unavailable } from '../errors.ts';
import type { JwksSource } from './jwks-source.ts';
import type { Clock } from './verify.ts';

type Options = JwksSource & { readonly log: Logger; readonly stopwatch: Clock };

/** The configured keys and no others. During an outage of their source the last known ones stay good; without any: `Unavailable`. */
export const createKeySet = (options: Options): JWTVerifyGetKey => {
  const cache = createCache(options);
  return async (header, token) => {
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
  let failing = false;
  let askedAt = -Infinity;
  let pending: Promise<JWTVerifyGetKey | undefined> | undefined;

  const ask = async (): Promise<JWTVerifyGetKey | undefined> => {
    askedAt = stopwatch();
    try {
      const loaded = await load();
      if (loaded !== text) keys = createLocalJWKSet(JSON.parse(loaded) as JSONWebKeySet); // else keep the imported keys
      text = loaded;
      failing = false;
    } catch (err) {
      failing = true;
      log.warn({ err, keysKnown: keys !== undefined }, 'key set cannot be read');
    }
    return keys;
  };
  const refresh = (): Promise<JWTVerifyGetKey | undefined> => {
    const cooldown = failing ? limits.failureCooldownMs : limits.cooldownMs;
    if (!pending && stopwatch() - askedAt < cooldown) return Promise.resolve(keys);
    return (pending ??= ask().finally(() => (pending = undefined)));
  };
  return {
    current: () => keys,
    refresh,
    isOld: () => stopwatch() - askedAt > limits.maxAgeMs,
    isFailing: () => failing,
  };
};
