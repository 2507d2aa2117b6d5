import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer } from '../api-client.ts';
import { people } from '../people.ts';
import { testApi, type ServiceUnderTest } from './service.ts';

const ofVersion1 = ['"1"', 'W/"1"', '"1-gzip"', 'W/"1-br"', '"1--zstd"', '"1;gzip"'];
const lists = [' "1" ', '"7", "1"', 'W/"7", W/"1"', '"1","2"', '"a,b", "1"'];
const others = ['"2"', 'W/"2"', '"2-gzip"', 'W/"3", W/"2"', '"01"', '"1.0"', '"1-other"', '""', '"*"'];
const malformed = ['1', '"1', "'1'", '“1”', 'W/1', '"1" "2"', '*, "1"', '"1 "', ''];

/** If-Match and If-None-Match, also as compressing proxies change them. */
export const conditions = ({ service, noun, moves, plain, insert, histories }: ServiceUnderTest): void =>
  describe(`conditional requests to ${service}`, () => {
    const api = testApi({ service });
    const [action, { from, as }] = Object.entries(moves)[0]!;
    let hours = 0;
    const made = async (): Promise<string> => {
      const row = plain(hours++, { status: from });
      await insert(api().app, [row]);
      return row.id;
    };
    const move = (id: string, header: string): Promise<Answer> =>
      api().request('PATCH', `/${service}/${id}/${action}`, { as, headers: { 'If-Match': header } });

    test.each(['*', ...ofVersion1, ...lists])('If-Match %s matches version 1', async (header) => {
      expect((await move(await made(), header)).outcome).toBe('200');
    });

    test.each([
      ...others.map((header) => [header, '412 precondition-failed'] as const),
      ...malformed.map((header) => [header, '400 validation-failed'] as const),
    ])('If-Match %s is answered %s and changes nothing', async (header, outcome) => {
      const id = await made();
      // fetch accepts only bytes
      const answer = await move(id, Buffer.from(header).toString('latin1'));
      expect(answer.outcome).toBe(outcome);
      if (answer.status === 400) expect(answer.body.errors).toMatchObject([{ path: 'header.If-Match' }]);
      expect((await histories(api().owner, [id]))[0]?.row).toMatchObject({ status: from, version: 1 });
    });

    describe('a read with If-None-Match', () => {
      let id: string;
      beforeAll(async () => {
        id = await made();
      });
      const read = (header: string, method: 'GET' | 'HEAD' = 'GET') =>
        api().request(method, `/${service}/${id}`, { as, headers: { 'If-None-Match': header } });

      test.each(['*', ...ofVersion1, ...lists])('%s is 304 without a body', async (header) => {
        for (const method of ['GET', 'HEAD'] as const) {
          const { status, text, headers } = await read(header, method);
          expect([status, text, headers.get('etag'), headers.get('content-type')]).toEqual([304, '', '"1"', null]);
        }
      });

      test.each([...others, ...malformed])('%s is the whole answer', async (header) => {
        const answer = await read(Buffer.from(header).toString('latin1'));
        expect(answer.body).toMatchObject({ id, version: 1 });
      });

      test('is 304 only for those who may read it', async () => {
        const headers = { 'If-None-Match': '"1"' };
        const stranger = people['a stranger with both roles'];
        const refused = await api().request('GET', `/${service}/${id}`, { as: stranger, headers });
        expect(refused.outcome).toBe('403 forbidden');
        expect((await api().request('GET', `/${service}/${id}`, { headers })).outcome).toBe('401 unauthenticated');
      });

      test(`is the whole answer once the ${noun} has changed`, async () => {
        const changed = await made();
        await move(changed, '"1"');
        const call = { as, headers: { 'If-None-Match': '"1"' } };
        const answer = await api().request('GET', `/${service}/${changed}`, call);
        expect([answer.outcome, answer.headers.get('etag')]).toEqual(['200', '"2"']);
      });
    });
  });
