import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jsonSchemaOf, sessionCompleted, sessionScheduled, sessionStarted } from '@mentor-sessions/contracts';
import { faultsOf, operationsOf } from '@mentor-sessions/lab/openapi-faults';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'sessions' });
});
afterAll(() => api.stop());

const documented = `
GET /sessions 200 400 401 429 500 503
GET /sessions/{id} 200 400 401 403 404 429 500 503
PATCH /sessions/{id}/complete 200 400 401 403 404 409 412 413 415 422 429 500 503
PATCH /sessions/{id}/start 200 400 401 403 404 409 412 413 415 422 429 500 503
`;

test('the document is OpenAPI 3.1 without a fault: references resolve, examples are valid, names are there once', () => {
  expect(api.document.openapi).toMatch(/^3\.1\.\d$/);
  expect(faultsOf(api.document)).toEqual([]);
});

test('the document names exactly the promised requests, each with its answers', () => {
  expect(operationsOf(api.document)).toEqual(documented.trim().split('\n'));
});

test('each documented request is served, and asks for a token', async () => {
  for (const operation of operationsOf(api.document)) {
    const [method, path] = operation.split(' ') as ['GET' | 'PATCH', string];
    expect((await api.request(method, path.replace('{id}', 'x'))).outcome).toBe('401 unauthenticated');
  }
});

test('the document tells the lifecycle, the mentor-only rule, the error codes and the header with the version', () => {
  const text = JSON.stringify(api.document);
  const codes = ['invalid-transition', 'precondition-failed', 'Retry-After'];
  const told = [...codes, 'scheduled → in_progress → completed', 'only the mentor completes it', 'If-Match', '"ETag"'];
  expect(told.filter((words) => !text.includes(words))).toEqual([]);
});

test('/, /openapi.json and /docs need no token, and nothing on the page comes from elsewhere', async () => {
  expect((await api.request('GET', '/')).body).toEqual({
    name: 'Sessions',
    docs: '/docs',
    openapi: '/openapi.json',
    problems: '/problems',
    pages: ['/messages', '/asyncapi.json'],
    schemas: ['/schemas/session.scheduled/1', '/schemas/session.started/1', '/schemas/session.completed/1'],
    lists: ['/sessions'],
  });
  const page = await api.request('GET', '/docs');
  const links = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link!);
  expect(links.length).toBeGreaterThan(2);
  for (const link of links) {
    expect(link).toMatch(/^\/docs\/[\w.-]+$/);
    expect((await api.request('GET', link)).outcome).toBe('200');
  }
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*connect-src 'self'/);
  expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|\*|https?:/);
});

test('the schema of each event is served where its dataschema says, for anybody', async () => {
  for (const event of [sessionScheduled, sessionStarted, sessionCompleted]) {
    const { status, body } = await api.request('GET', `/schemas/${event.type}/1`);
    expect([status, body]).toEqual([200, jsonSchemaOf(event)]);
  }
  expect((await api.request('GET', '/schemas/booking.accepted/1')).outcome).toBe('404 not-found');
});

test('each code that the document names has a page with cause and cure', async () => {
  const codes = new Set([...JSON.stringify(api.document).matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code]) => code!));
  expect(codes.size).toBeGreaterThan(8);
  for (const code of codes) {
    const { status, text } = await api.request('GET', `/problems/${code}`);
    expect([code, status, text.includes('see the detail')]).toEqual([code, 200, false]);
  }
});
