import { describe, expect, test } from '@jest/globals';
import { jsonSchemaOf } from '@mentor-sessions/contracts';
import type { Method } from '../api-client.ts';
import { faultsOf, operationsOf } from '../openapi-faults.ts';
import { testApi, type ServiceUnderTest } from './service.ts';

export const documents = ({ service, documents: promised }: ServiceUnderTest): void =>
  describe(`documents of ${service}`, () => {
    const api = testApi({ service });

    test('the document is OpenAPI 3.1 without a fault: references resolve, examples are valid, names are there once', () => {
      expect(api().document.openapi).toMatch(/^3\.1\.\d$/);
      expect(faultsOf(api().document)).toEqual([]);
    });

    test('the document names exactly the promised requests, each with its answers', () => {
      expect(operationsOf(api().document)).toEqual(promised.requests.trim().split('\n'));
    });

    test('each documented request is served, and asks for a token', async () => {
      for (const operation of operationsOf(api().document)) {
        const [method, path] = operation.split(' ') as [Method, string];
        expect((await api().request(method, path.replace('{id}', 'x'))).outcome).toBe('401 unauthenticated');
      }
    });

    test('the document says the lifecycle, the error codes, the headers and the bounds', () => {
      const text = JSON.stringify(api().document);
      expect(promised.says.filter((words) => !text.includes(words))).toEqual([]);
    });

    test('/, /openapi.json and /docs need no token, and nothing on the page comes from elsewhere', async () => {
      expect((await api().request('GET', '/')).body).toEqual(promised.root);
      const page = await api().request('GET', '/docs');
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      const links = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link!);
      expect(links.length).toBeGreaterThan(2);
      for (const link of links) {
        expect(link).toMatch(/^\/docs\/[\w.-]+$/);
        expect((await api().request('GET', link)).outcome).toBe('200');
      }
      // what the page's own script asks for is ours, and the page may not ask anyone else
      expect((await api().request('GET', '/docs/start.js')).text).not.toMatch(/https?:\/\//);
      expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*connect-src 'self'/);
      expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|\*|https?:/);
    });

    test('the schema of each event is served where its dataschema says, for anyone', async () => {
      for (const event of promised.events) {
        const { status, body } = await api().request('GET', `/schemas/${event.type}/1`);
        expect([status, body]).toEqual([200, jsonSchemaOf(event)]);
      }
      expect((await api().request('GET', promised.elsewhere)).outcome).toBe('404 not-found');
    });

    test('each code that the document names has a page with cause and cure', async () => {
      const text = JSON.stringify(api().document);
      const codes = new Set([...text.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code]) => code!));
      expect(codes.size).toBeGreaterThan(8);
      for (const code of codes) {
        const { status, text: page } = await api().request('GET', `/problems/${code}`);
        expect([code, status, page.includes('see the detail')]).toEqual([code, 200, false]);
      }
    });
  });
