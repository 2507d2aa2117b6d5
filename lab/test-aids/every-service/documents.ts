import { describe, expect, test } from '@jest/globals';
import { jsonSchemaOf } from '@mentor-sessions/contracts';
import type { Method } from '../api-client.ts';
import { faultsOf, operationsOf } from '../openapi-faults.ts';
import { testApi, type ServiceUnderTest } from './service.ts';

type Example = { readonly value: object };
type Documented = {
  readonly description: string;
  readonly headers: Readonly<Record<string, object>>;
  readonly content: Readonly<Record<string, { readonly examples?: Readonly<Record<string, Example>> }>>;
};
type Operation = {
  readonly parameters?: readonly Readonly<Record<string, unknown>>[];
  readonly responses: Readonly<Record<string, Documented>>;
};
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };

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
      expect(links.length).toBeGreaterThan(6);
      for (const link of links.filter((one) => one.startsWith('/')))
        expect((await api().request('GET', link)).outcome).toBe('200');
      // the only external link is to the other service, and nothing is loaded from it
      expect(links.filter((one) => !one.startsWith('/'))).toEqual([promised.otherService]);
      // the page's script fetches only from us, and the policy allows nothing else
      expect((await api().request('GET', '/docs/start.js')).text).not.toMatch(/https?:\/\//);
      expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*connect-src 'self'/);
      expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|\*|https?:/);
    });

    test('pages lead to one another: the API, the problems, the messages, the guide and the other service', async () => {
      for (const path of ['/docs', '/problems', '/problems/not-found']) {
        const { text } = await api().request('GET', path);
        for (const link of ['/docs', '/problems', '/messages', '/guide', promised.otherService])
          expect(text).toContain(`href="${link}"`);
      }
      for (const path of ['/messages', '/guide']) {
        const { text } = await api().request('GET', path);
        expect(text).toContain('href="docs"');
        expect(text).toContain('href="problems"');
      }
    });

    test('nothing that is shown as an example would be sent unread as a key or a version', () => {
      const { paths } = api().document as unknown as Document;
      const headers = Object.values(paths)
        .flatMap((methods) => Object.values(methods))
        .flatMap(({ parameters = [] }) => parameters.filter((parameter) => parameter['in'] === 'header'));
      expect(headers.length).toBeGreaterThan(2);
      expect(JSON.stringify(headers)).not.toMatch(/"(example|examples|default)"/);
    });

    test('examples are of today and tomorrow', () => {
      const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
      const text = JSON.stringify(api().document);
      expect(text).toContain(`"start":"${day(1)}T10:00:00.000Z","end":"${day(1)}T11:00:00.000Z"`);
      expect(text).toContain(`"createdAt":"${day(0)}T09:0`);
    });

    test('each error shows an example of each of its codes, with its own status', () => {
      const { paths } = api().document as unknown as Document;
      const answers = Object.values(paths)
        .flatMap((methods) => Object.values(methods))
        .flatMap(({ responses }) => Object.entries(responses).filter(([status]) => Number(status) >= 400));
      for (const [status, { description, content, headers }] of answers) {
        const examples = content['application/problem+json']!.examples!;
        expect(Object.keys(examples)).toEqual([...description.matchAll(/^`([a-z-]+)`/gm)].map(([, code]) => code));
        for (const [code, { value }] of Object.entries(examples))
          expect(value).toMatchObject({ status: Number(status), code, type: `/problems/${code}` });
        expect(Object.keys(headers)).toContain('X-Request-Id');
        if (['429', '503'].includes(status)) expect(headers['Retry-After']).toMatchObject({ required: true });
      }
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
