import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Method } from '@mentor-sessions/lab/api-client';
import { people } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { insertBookings, plainBooking } from './plain-bookings.ts';

const PER_MINUTE = 5;
let api: TestApi;
let guarded: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'bookings' });
  const env = {
    CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
    RATE_LIMIT_PER_MINUTE: `${PER_MINUTE}`,
  };
  guarded = await startTestApi({ service: 'bookings', env });
});
afterAll(async () => {
  await api.stop();
  await guarded.stop();
});

const mentor = people['its mentor'];
const origin = 'https://app.example.com';
const preflight = { Origin: origin, 'Access-Control-Request-Method': 'POST' };
const ask = (method: Method, path: string, headers: Record<string, string>) =>
  fetch(guarded.url + path, { method, headers });

describe('a page of a configured origin', () => {
  test('gets its preflight answered without a token, for each header that the API knows', async () => {
    for (const path of ['/bookings', `/bookings/${randomUUID()}/accept`]) {
      const { status, headers } = await ask('OPTIONS', path, preflight);
      expect([status, headers.get('access-control-allow-origin')]).toEqual([204, origin]);
      expect(headers.get('vary')).toMatch(/Origin/);
      const allowed = headers.get('access-control-allow-headers');
      for (const name of ['Authorization', 'Content-Type', 'If-Match', 'Idempotency-Key'])
        expect(allowed).toContain(name);
      expect(headers.get('access-control-allow-methods')).toContain('PATCH');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  test('may read every answer and its headers, errors included', async () => {
    for (const path of ['/bookings', '/nowhere', '/openapi.json', '/docs']) {
      const { headers } = await ask('GET', path, { Origin: 'http://localhost:5173' });
      expect(headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
      const exposed = headers.get('access-control-expose-headers');
      const promised = ['ETag', 'Location', 'Link', 'Retry-After', 'X-Request-Id', 'RateLimit', 'RateLimit-Policy'];
      for (const name of promised) expect(exposed?.split(', ')).toContain(name);
    }
  });

  test.each(['https://evil.example.com', 'https://app.example.com.evil.com', 'null', 'https://app.example.com:8443'])(
    'and one of %s may not',
    async (other) => {
      expect((await ask('OPTIONS', '/bookings', { ...preflight, Origin: other })).status).toBe(405);
      const { headers } = await ask('GET', '/bookings', { Origin: other });
      expect([headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([null, 'Origin']);
    },
  );
});

test('without configuration there are no CORS headers, no preflight and no limit', async () => {
  expect((await api.request('OPTIONS', '/bookings', { headers: preflight })).outcome).toBe('405 method-not-allowed');
  for (let n = 0; n < 3 * PER_MINUTE; n += 1) {
    const { outcome, headers } = await api.request('GET', '/bookings', { as: mentor, headers: { Origin: origin } });
    expect([outcome, headers.get('access-control-allow-origin'), headers.get('ratelimit')]).toEqual([
      '200',
      null,
      null,
    ]);
  }
});

describe('a limit', () => {
  test('is per subject: 429 beyond it, announced in advance, with Retry-After', async () => {
    const userId = randomUUID();
    for (let left = PER_MINUTE - 1; left >= 0; left -= 1) {
      const { outcome, headers } = await guarded.request('GET', '/bookings', { as: { ...mentor, userId } });
      expect(outcome).toBe('200');
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"per-minute"; r=${left}; t=\\d+$`));
      expect(headers.get('ratelimit-policy')).toMatch(new RegExp(`^"per-minute"; q=${PER_MINUTE}; w=60`));
    }
    const refused = await guarded.request('POST', '/bookings', { as: { ...mentor, userId }, body: '{' });
    expect(refused.outcome).toBe('429 too-many-requests');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    // 404 and 405 come before it
    expect((await guarded.request('DELETE', '/bookings', { as: { ...mentor, userId } })).outcome).toBe(
      '405 method-not-allowed',
    );
    expect((await guarded.request('GET', '/bookings', { as: { ...mentor, userId: randomUUID() } })).outcome).toBe(
      '200',
    );
  });

  test('without a token is per address, and does not affect callers with a token', async () => {
    const outcomes = new Set<string>();
    for (let n = 0; n <= PER_MINUTE; n += 1) outcomes.add((await guarded.request('GET', '/bookings')).outcome);
    expect(outcomes.has('429 too-many-requests')).toBe(true);
    expect((await guarded.request('GET', '/bookings', { as: { ...mentor, userId: randomUUID() } })).outcome).toBe(
      '200',
    );
  });
});

test('the Link of a page leads through the whole list, with the same other parameters', async () => {
  await insertBookings(
    api.app,
    Array.from({ length: 5 }, (_, n) => plainBooking(n)),
  );
  const seen: string[] = [];
  let next: string | undefined = '/bookings?as=mentor&status=draft&limit=2&order=asc&from=2020-01-01T00:00:00%2B01:00';
  while (next !== undefined) {
    const { body, headers } = await api.request('GET', next, { as: mentor });
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    next = /^<(\/bookings\?[^>]*limit=2[^>]*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    expect(next === undefined).toBe(body.nextCursor === null);
  }
  expect(new Set(seen).size).toBe(5);
});
