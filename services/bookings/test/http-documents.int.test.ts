import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bookingAccepted, jsonSchemaOf } from '@mentor-sessions/contracts';
import { faultsOf, operationsOf } from '@mentor-sessions/lab/openapi-faults';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'bookings' });
});
afterAll(() => api.stop());

const documented = `
GET /bookings 200 400 401 429 500 503
GET /bookings/{id} 200 400 401 403 404 429 500 503
PATCH /bookings/{id}/accept 200 400 401 403 404 409 412 413 415 422 429 500 503
PATCH /bookings/{id}/cancel 200 400 401 403 404 409 412 413 415 422 429 500 503
PATCH /bookings/{id}/decline 200 400 401 403 404 409 412 413 415 422 429 500 503
POST /bookings 201 400 401 403 409 413 415 422 429 500 503
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
    const [method, path] = operation.split(' ') as ['GET' | 'PATCH' | 'POST', string];
    expect((await api.request(method, path.replace('{id}', 'x'))).outcome).toBe('401 unauthenticated');
  }
});

test('the document tells the lifecycle, the error codes, the header with the version and the bounds', () => {
  const text = JSON.stringify(api.document);
  const codes = ['invalid-transition', 'mentor-double-booked', 'booking-expired', 'precondition-failed'];
  const told = [...codes, 'draft → accepted | declined | cancelled', 'If-Match', '"ETag"', '"Location"', '"Link"'];
  expect(told.filter((words) => !text.includes(words))).toEqual([]);
  expect([text.includes('"maxLength":2000'), text.includes('"maxProperties":20')]).toEqual([true, true]);
});

test('/, /openapi.json and /docs need no token, and nothing on the page comes from elsewhere', async () => {
  expect((await api.request('GET', '/')).body).toEqual({
    name: 'Bookings',
    docs: '/docs',
    openapi: '/openapi.json',
    problems: '/problems',
    pages: ['/messages', '/asyncapi.json'],
    schemas: ['/schemas/booking.accepted/1'],
    lists: ['/bookings'],
  });
  const page = await api.request('GET', '/docs');
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  const links = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link!);
  expect(links.length).toBeGreaterThan(2);
  for (const link of links) {
    expect(link).toMatch(/^\/docs\/[\w.-]+$/);
    expect((await api.request('GET', link)).outcome).toBe('200');
  }
  // what the page's own script asks for is ours, and the browser is told to ask nobody else
  expect((await api.request('GET', '/docs/start.js')).text).not.toMatch(/https?:\/\//);
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*connect-src 'self'/);
  expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|\*|https?:/);
});

test('the schema of the event is served where its dataschema says, for anybody', async () => {
  const { status, body } = await api.request('GET', '/schemas/booking.accepted/1');
  expect([status, body]).toEqual([200, jsonSchemaOf(bookingAccepted)]);
  expect((await api.request('GET', '/schemas/booking.accepted/2')).outcome).toBe('404 not-found');
});

test('each code that the document names has a page with cause and cure', async () => {
  const codes = new Set([...JSON.stringify(api.document).matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code]) => code!));
  expect(codes.size).toBeGreaterThan(8);
  for (const code of codes) {
    const { status, text } = await api.request('GET', `/problems/${code}`);
    expect([code, status, text.includes('see the detail')]).toEqual([code, 200, false]);
  }
});
