import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApiClient } from '@mentor-sessions/lab/api-client';
import type { Answer } from '@mentor-sessions/lab/api-client';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';
import { bookingRequest, mentee, mentor } from './bookings.ts';
import { persistently } from './careful-client.ts';
import type { Asked } from './careful-client.ts';
import { inParallel } from './load.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const hook = new URL('../faults/points/hook.mjs', import.meta.url).href;
const BOOKINGS = 100;

/** The bookings API, started again each time that it kills itself at a fault point; the last process stays. */
const mortalApi = async (point: string, deaths: number) => {
  const PORT = String(await freePort());
  const api = await world.supervise('bookings api', (generation) => ({
    nodeOptions: ['--import', hook],
    env: { PORT, ...(generation < deaths && { FAULT_POINTS: `${point}:kill@${20 + 7 * generation}` }) },
  }));
  const url = `http://${loopback}:${PORT}`;
  return { api, client: createApiClient({ url, token: world.stack.token, check: () => undefined }) };
};

const said = ({ status, text, headers }: Answer) =>
  [status, text, ...['etag', 'location', 'link'].map((name) => headers.get(name))].join(' ');

test.each(['api.deciding', 'api.committed', 'api.answering'])(
  '200 requests repeated after kill -9 at %s: one effect of each, and the same answer again',
  async (point) => {
    const { api, client } = await mortalApi(point, 3);
    const keyed: (readonly [string, Asked, Answer])[] = [];
    const before = await tally();
    await inParallel({ count: BOOKINGS, concurrency: 8 }, async () => {
      const ask = async (asked: Asked): Promise<Answer> => {
        const key = randomUUID();
        const answer = await persistently(client, asked, key);
        keyed.push([key, asked, answer]);
        return answer;
      };
      const made = await ask(['POST', '/bookings', { as: mentee, body: bookingRequest() }]);
      await ask(['PATCH', `/bookings/${made.body.id}/accept`, { as: mentor }]);
    });
    expect(api.endings).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
    expect(keyed).toHaveLength(2 * BOOKINGS);
    expect(keyed.filter(([, , { status }]) => status >= 300)).toEqual([]);
    for (const [key, asked, answer] of keyed) {
      expect(said(await persistently(client, asked, key))).toBe(said(answer));
      const [method, path, call] = asked;
      const other = method === 'POST' ? { ...call, body: bookingRequest() } : call;
      const elsewhere = method === 'POST' ? path : path.replace('accept', 'decline');
      expect((await persistently(client, [method, elsewhere, other], key)).outcome).toBe('422 idempotency-key-reused');
    }
    const after = await tally();
    expect(after.map((count, n) => count - (before[n] ?? 0))).toEqual([BOOKINGS, BOOKINGS, 2 * BOOKINGS]);
    await api.stop();
  },
  120_000,
);

/** Numbers of bookings, acceptances and events. */
const tally = async (): Promise<number[]> => {
  const [row] = await world.rows.bookings.query(`select array[
    (select count(*) from bookings), (select count(*) from booking_transitions where to_status = 'accepted'),
    (select count(*) from outbox)]::integer[] as counts`);
  return row?.['counts'];
};
