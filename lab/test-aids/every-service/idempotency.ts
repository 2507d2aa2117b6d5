import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Claims } from '@mentor-sessions/local-stack/tokens';
import type { Answer } from '../api-client.ts';
import { people } from '../people.ts';
import { testApi, type ServiceUnderTest } from './service.ts';

export const said = ({ status, text, headers }: Answer) => ({
  status,
  text,
  headers: ['etag', 'location', 'link', 'content-type'].map((name) => headers.get(name)),
});

type Under = { readonly key: string; readonly as: Claims; readonly headers?: Record<string, string> };

/** Transitions with an Idempotency-Key. */
export const idempotency = ({ service, noun, moves, plain, insert, histories }: ServiceUnderTest): void =>
  describe(`Idempotency-Key on transitions of ${service}`, () => {
    const api = testApi({ service });
    const { 'another mentor': stranger, 'another user of the mentor profile': colleague } = people;
    const each = Object.entries(moves).map(([action, move]) => ({ action, ...move }));
    const [first] = each;

    const move = (id: string, action: string, { key, as, headers = {} }: Under): Promise<Answer> =>
      api().request('PATCH', `/${service}/${id}/${action}`, { as, headers: { 'Idempotency-Key': key, ...headers } });

    let hours = 0;
    const row = async (status: string): Promise<string> => {
      const made = plain(hours++, { status });
      await insert(api().app, [made]);
      return made.id;
    };
    const eventsOf = async (id: string) => (await histories(api().owner, [id]))[0]?.events;

    test.each(each)(
      '$action under one key is one transition, with the same answer each time',
      async ({ action, from, as, events }) => {
        const [key, id] = [randomUUID(), await row(from)];
        const before = (await histories(api().owner, [id]))[0]!.audit.length;
        const answer = await move(id, action, { key, as });
        expect([answer.outcome, answer.headers.get('idempotent-replayed')]).toEqual(['200', null]);
        const again = await move(id, action, { key, as });
        expect([said(again), again.headers.get('idempotent-replayed')]).toEqual([said(answer), 'true']);
        // If-Match is not evaluated again
        expect(said(await move(id, action, { key, as, headers: { 'If-Match': '"1"' } }))).toEqual(said(answer));
        // with the roles of the first request
        expect(said(await move(id, action, { key, as: { ...as, roles: [] } }))).toEqual(said(answer));
        const [history] = await histories(api().owner, [id]);
        expect([history?.events, history?.audit.length]).toEqual([events, before + 1]);
      },
    );

    test('another request under the key is 422, before 404, 403, 412 and 409; the same key of another caller is another', async () => {
      const { action, from, as } = first!;
      const [key, id, other] = [randomUUID(), await row(from), await row(from)];
      await move(id, action, { key, as });
      const headers = { 'If-Match': '"9"' };
      const elsewhere = each.at(-1)!.action;
      const paths: [string, string][] = [
        [id, elsewhere],
        [other, action],
        [other, elsewhere],
        [randomUUID(), action],
      ];
      for (const [one, asked] of paths)
        expect((await move(one, asked, { key, as, headers })).outcome).toBe('422 idempotency-key-reused');
      expect((await move(other, action, { key, as: stranger })).outcome).toBe('403 forbidden');
      expect((await move(other, action, { key, as: colleague })).outcome).toBe('200');
      expect((await move(randomUUID(), action, { key: randomUUID(), as })).outcome).toBe('404 not-found');
    });

    test.each(each)(
      `of three at once who $action a ${noun} under one key all have the same answer, or 409 because it is in use`,
      async ({ action, from, as, events }) => {
        for (let n = 0; n < 30; n += 1) {
          const [key, id] = [randomUUID(), await row(from)];
          const answers = await Promise.all([1, 2, 3].map(() => move(id, action, { key, as })));
          const done = answers.filter(({ status }) => status === 200);
          expect(new Set(done.map(({ text }) => text)).size).toBe(1);
          for (const { outcome } of answers) expect(['200', '409 idempotency-key-in-use']).toContain(outcome);
          expect(await eventsOf(id)).toEqual(events);
        }
      },
    );

    test('a key is 1 to 255 visible characters', async () => {
      const { action, from, as } = first!;
      const id = await row(from);
      for (const key of ['', 'a b', 'a'.repeat(256)])
        expect((await move(id, action, { key, as })).outcome).toBe('400 validation-failed');
      expect((await move(id, action, { key: '~'.repeat(255), as })).outcome).toBe('200');
    });
  });
