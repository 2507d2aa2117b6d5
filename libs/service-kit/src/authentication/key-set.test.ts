import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAuthenticator, type Authenticate } from '../authentication.ts';
import { createIssuer, log, settings, type Issuer } from '../../test/test-issuer.ts';

let keys: Issuer;
let publisher: Awaited<ReturnType<typeof publish>>;
let passed: number;
let authenticate: Authenticate;

const publish = async (answer: (response: ServerResponse) => void) => {
  const publisher = { asked: 0, url: '', answer, close: () => server.closeAllConnections() ?? server.close() };
  const server = createServer((_request, response) => {
    publisher.asked += 1;
    publisher.answer(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  publisher.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  return publisher;
};
const withKeys = (response: ServerResponse) => void response.end(keys.keySet());
const withError = (response: ServerResponse) => void response.writeHead(500).end();

beforeEach(async () => {
  keys = await createIssuer();
  publisher = await publish(withKeys);
  passed = 0;
  ({ authenticate } = createAuthenticator(settings({ AUTH_JWKS_URL: publisher.url }), {
    log,
    stopwatch: () => passed,
  }));
});
afterEach(async () => {
  publisher.close();
  await keys.close();
});

const bearer = async () => `Bearer ${await keys.token({ jti: crypto.randomUUID() })}`;
const refused = { status: 401 };
const unavailable = { status: 503, code: 'unavailable' };

describe('keys from a URL', () => {
  test('are fetched once for many tokens, also at once', async () => {
    await Promise.all([authenticate(await bearer()), authenticate(await bearer()), authenticate(await bearer())]);
    await authenticate(await bearer());
    expect(publisher.asked).toBe(1);
  });

  test('are fetched again for an unknown key, so that a rotated one is accepted, but not within the cooldown', async () => {
    await authenticate(await bearer());
    await keys.rotate();
    // until then it is unknown whether the key exists
    await expect(authenticate(await bearer())).rejects.toMatchObject({
      ...unavailable,
      headers: { 'Retry-After': '5' },
    });
    expect(publisher.asked).toBe(1);
    passed += 5_001;
    await expect(authenticate(await bearer())).resolves.toBeDefined();
    expect(publisher.asked).toBe(2);
  });

  test('are fetched again for an unknown key even if the wall clock was set back by an hour', async () => {
    let time = Date.now();
    const clock = () => time;
    const { authenticate: skewed } = createAuthenticator(settings({ AUTH_JWKS_URL: publisher.url }), {
      log,
      clock,
      stopwatch: () => passed,
    });
    await skewed(await bearer());
    await keys.rotate();
    const issuedBefore = `Bearer ${await keys.token({ iat: Math.floor(time / 1_000) - 7_200 })}`;
    time -= 3_600_000;
    passed += 5_001;
    await expect(skewed(issuedBefore)).resolves.toBeDefined();
  });

  test('stay valid while their publisher is away; an unknown key is 503 then', async () => {
    const known = await bearer();
    await authenticate(await bearer());
    publisher.answer = withError;
    await keys.rotate();
    passed += 301_000;
    await expect(authenticate(await bearer())).rejects.toMatchObject(unavailable);
    const { authenticate: stillKnown } = createAuthenticator(settings({ AUTH_JWKS_URL: publisher.url }), {
      log,
      stopwatch: () => passed,
    });
    await expect(stillKnown(known)).rejects.toMatchObject(unavailable);
    await expect(authenticate(known)).resolves.toBeDefined();
  });

  test('that were never available mean 503; they are fetched at most once a second, until they are available', async () => {
    publisher.answer = withError;
    await expect(authenticate(await bearer())).rejects.toMatchObject(unavailable);
    await expect(authenticate(await bearer())).rejects.toMatchObject(unavailable);
    expect(publisher.asked).toBe(1);
    publisher.answer = withKeys;
    passed += 1_001;
    await expect(authenticate(await bearer())).resolves.toBeDefined();
  });

  test('are not fetched from the target of a redirect', async () => {
    const other = await publish(withKeys);
    publisher.answer = (response) => void response.writeHead(302, { Location: other.url }).end();
    await expect(authenticate(await bearer())).rejects.toMatchObject(unavailable);
    expect(other.asked).toBe(0);
    other.close();
  });

  test('are not read beyond a sane size', async () => {
    publisher.answer = (response) => void response.end(`{"keys":[],"a":"${'a'.repeat(300_000)}"}`);
    await expect(authenticate(await bearer())).rejects.toMatchObject(unavailable);
  });
});

describe('without key ids', () => {
  const anonymous = () =>
    keys.token({ jti: crypto.randomUUID() }, { kid: undefined }).then((token) => `Bearer ${token}`);
  const setOf = (text: string) => (JSON.parse(text) as { keys: object[] }).keys;

  test('a token is tried with each key of its algorithm', async () => {
    const older = setOf(keys.keySet());
    const issuedBefore = await anonymous();
    await keys.rotate();
    const both = JSON.stringify({ keys: [...older, ...setOf(keys.keySet())] });
    publisher.answer = (response) => void response.end(both);
    await expect(authenticate(issuedBefore)).resolves.toBeDefined();
    await expect(authenticate(await anonymous())).resolves.toBeDefined();
    await keys.rotate();
    await expect(authenticate(await anonymous())).rejects.toMatchObject(unavailable);
    passed += 5_001;
    await expect(authenticate(await anonymous())).rejects.toMatchObject(refused);
  });

  test('keys are fetched again for a token that no key fits, and within the cooldown it is 503, not 401', async () => {
    await authenticate(await anonymous());
    await keys.rotate();
    await expect(authenticate(await anonymous())).rejects.toMatchObject(unavailable);
    passed += 5_001;
    await expect(authenticate(await anonymous())).resolves.toBeDefined();
    expect(publisher.asked).toBe(2);
  });

  test('a bad claim is 401 although another key would not fit either', async () => {
    await authenticate(await anonymous());
    const expired = await keys.token({ exp: 1, iat: 0 }, { kid: undefined });
    await expect(authenticate(`Bearer ${expired}`)).rejects.toMatchObject(refused);
  });
});

test('a key set may start with a byte order mark', async () => {
  publisher.answer = (response) => void response.end(`\uFEFF${keys.keySet()}`);
  await expect(authenticate(await bearer())).resolves.toBeDefined();
});

test('a key and a token may have the two names of one algorithm, EdDSA and Ed25519', async () => {
  for (const alg of ['EdDSA', 'Ed25519', undefined]) {
    const [key] = (JSON.parse(keys.keySet()) as { keys: object[] }).keys;
    publisher.answer = (response) => void response.end(JSON.stringify({ keys: [{ ...key, alg }] }));
    passed += 301_000;
    const { authenticate: fresh } = createAuthenticator(settings({ AUTH_JWKS_URL: publisher.url }), { log });
    for (const name of ['EdDSA', 'Ed25519']) {
      const token = await keys.token({}, { alg: name });
      await expect(fresh(`Bearer ${token}`)).resolves.toBeDefined();
    }
    const onlyNew = createAuthenticator(settings({ AUTH_JWKS_URL: publisher.url, AUTH_ALGORITHMS: 'Ed25519' }), {
      log,
    });
    const named = async (name: string) => `Bearer ${await keys.token({}, { alg: name })}`;
    await expect(onlyNew.authenticate(await named('EdDSA'))).rejects.toMatchObject(refused);
    await expect(onlyNew.authenticate(await named('Ed25519'))).resolves.toBeDefined();
  }
});

describe('readiness', () => {
  const hasKeys = () =>
    createAuthenticator(settings({ AUTH_JWKS_URL: publisher.url }), { log, stopwatch: () => passed }).hasKeys();

  test('is there with a key', async () => {
    expect(await hasKeys()).toBe(true);
  });

  test.each([
    ['no answer', withError, /answered 500/],
    [
      'an empty key set',
      (response: ServerResponse) => void response.end('{"keys":[]}'),
      /no key to verify with \(0 keys\)/,
    ],
    [
      'keys for encryption only',
      (response: ServerResponse) =>
        void response.end('{"keys":[{"kty":"RSA","use":"enc"},{"kty":"oct","k":"c2VjcmV0"}]}'),
      /no key to verify with \(2 keys\)/,
    ],
  ])('is missing with %s, and says why', async (_, answer, why) => {
    publisher.answer = answer;
    expect(await hasKeys()).toMatch(why);
    expect(await hasKeys()).toMatch(/check AUTH_JWKS_URL or AUTH_JWKS_FILE$/);
  });

  test('stays, and so do the keys, when an empty key set is published', async () => {
    const authenticator = createAuthenticator(settings({ AUTH_JWKS_URL: publisher.url }), {
      log,
      stopwatch: () => passed,
    });
    await authenticator.authenticate(await bearer());
    publisher.answer = (response) => void response.end('{"keys":[]}');
    passed += 300_001;
    await expect(authenticator.authenticate(await bearer())).resolves.toBeDefined();
    await expect(authenticator.authenticate(await bearer())).resolves.toBeDefined();
    expect(publisher.asked).toBeGreaterThan(1);
    expect(await authenticator.hasKeys()).toBe(true);
  });
});

test('keys from a file are read again for an unknown key', async () => {
  const { authenticate: fromFile } = createAuthenticator(settings({ AUTH_JWKS_FILE: keys.file }), { log });
  await expect(fromFile(await bearer())).resolves.toBeDefined();
  await keys.rotate();
  await expect(fromFile(await bearer())).resolves.toBeDefined();
});
