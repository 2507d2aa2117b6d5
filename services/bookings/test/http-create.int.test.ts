import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer } from '@mentor-sessions/lab/api-client';
import { countsOf } from '@mentor-sessions/lab/history';
import { menteeId, people, profileId } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';

let api: TestApi;
beforeAll(async () => {
  // for fixed dates, in whatever year the test runs
  api = await startTestApi({ service: 'bookings', env: { FURTHEST_START_DAYS: '36525' } });
  await api.owner.query('update booking_bounds set furthest_days = 36525');
});
afterAll(() => api.stop());

const as = people['its mentee'];
const request = {
  listingId: randomUUID(),
  mentorProfileId: profileId,
  start: '2031-05-06T10:00:00.000Z',
  end: '2031-05-06T11:00:00.000Z',
};
const post = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  api.request('POST', '/bookings', { as, body, headers });
const change = (changes: object): Promise<Answer> => post({ ...request, ...changes });
const pathsOf = ({ body }: Answer): string[] => body.errors.map(({ path }: { path: string }) => path);
const keys = (count: number, name = (n: number) => `k${n}`, value = '') =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [name(n), value]));
const rocket = '\u{1F680}'; // one character, two UTF-16 units

test('the response to a request is the booking, with Location and ETag', async () => {
  const answer = await change({ notes: 'bring paper', metadata: { campaign: 'autumn' } });
  const { id, createdAt, updatedAt, ...booking } = answer.body;
  expect([answer.status, answer.headers.get('location'), answer.headers.get('etag')]).toEqual([
    201,
    `/bookings/${id}`,
    '"1"',
  ]);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(booking).toEqual({
    ...request,
    menteeUserId: menteeId,
    status: 'draft',
    expired: false,
    sessionId: null,
    sessionStatus: null,
    version: 1,
    allowedActions: ['cancel'],
    notes: 'bring paper',
    metadata: { campaign: 'autumn' },
  });
  expect(updatedAt).toBe(createdAt);
  const read = await api.request('GET', `/bookings/${id}`, { as });
  expect([read.body, read.headers.get('etag')]).toEqual([answer.body, '"1"']);
});

describe('taken as they are', () => {
  const accepted: [string, object, object?][] = [
    ['null, the same as absent', { notes: null, metadata: null }, { notes: null, metadata: {} }],
    ['times with a small t and z', { start: '2031-05-06t10:00:00z' }, { start: '2031-05-06T10:00:00.000Z' }],
    ['empty notes', { notes: '' }],
    ['2,000 characters, each two UTF-16 units', { notes: rocket.repeat(2_000) }],
    ['line breaks, tabs, quotes and what looks like SQL or HTML', { notes: `'; drop table bookings;--\n\t<b>"\\` }],
    [
      '20 keys of 40 characters to 500',
      { metadata: keys(20, (n) => rocket.repeat(38) + String(n + 10), rocket.repeat(500)) },
    ],
    [
      'names that objects have anyway',
      { metadata: { constructor: 'a', toString: 'b', hasOwnProperty: 'c', '': undefined } },
      { metadata: { constructor: 'a', toString: 'b', hasOwnProperty: 'c' } },
    ],
    [
      'ids in upper case, written in lower case',
      { mentorProfileId: profileId.toUpperCase(), listingId: request.listingId.toUpperCase() },
      request,
    ],
    ['ids of no known version', { listingId: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }],
    ['an offset, given back in UTC', { start: '2031-05-06T15:30:00+05:30' }, { start: '2031-05-06T10:00:00.000Z' }],
    ['an offset over midnight', { start: '2031-05-05T23:59:59-10:00' }, { start: '2031-05-06T09:59:59.000Z' }],
    [
      'digits finer than a millisecond, cut off and not rounded',
      { start: '2031-05-06T10:00:00.123999999Z' },
      { start: '2031-05-06T10:00:00.123Z' },
    ],
    ['a tenth of a second', { start: '2031-05-06T10:00:00.5Z' }, { start: '2031-05-06T10:00:00.500Z' }],
    [
      '29 February of a leap year',
      { start: '2032-02-29T10:00:00Z', end: '2032-02-29T10:00:00.001Z' },
      { start: '2032-02-29T10:00:00.000Z' },
    ],
  ];
  test.each(accepted)('%s', async (_, changes, expected = changes) => {
    const answer = await change(changes);
    expect(answer.outcome).toBe('201');
    expect(answer.body).toMatchObject(expected);
    const read = await api.request('GET', `/bookings/${answer.body.id}`, { as });
    expect(read.body).toEqual(answer.body);
  });
});

describe('refused, each with the place of the error', () => {
  const refused: [string, object, string][] = [
    ['no listing', { listingId: undefined }, 'body.listingId'],
    ['an id that is none', { listingId: '7' }, 'body.listingId'],
    ['an id in braces', { listingId: `{${randomUUID()}}` }, 'body.listingId'],
    ['an id without hyphens', { listingId: randomUUID().replaceAll('-', '') }, 'body.listingId'],
    ['an id with a line break', { listingId: `${randomUUID()}\n` }, 'body.listingId'],
    ['an id that is a number', { mentorProfileId: 7 }, 'body.mentorProfileId'],
    ['an id that is null', { mentorProfileId: null }, 'body.mentorProfileId'],
    ['someone else’s user id', { menteeUserId: randomUUID() }, 'body.menteeUserId'],
    ['a status', { status: 'accepted' }, 'body.status'],
    ['an id of one’s own', { id: randomUUID() }, 'body.id'],
    ['a session', { sessionId: randomUUID() }, 'body.sessionId'],
    ['2,001 characters', { notes: rocket.repeat(2_001) }, 'body.notes'],
    ['U+0000', { notes: 'a\0b' }, 'body.notes'],
    ['half a surrogate pair', { notes: 'a\ud83d' }, 'body.notes'],
    ['notes that are a list', { notes: [] }, 'body.notes'],
    ['metadata that is a list', { metadata: ['a'] }, 'body.metadata'],
    ['21 keys', { metadata: keys(21) }, 'body.metadata'],
    ['an empty key', { metadata: { '': 'a' } }, 'body.metadata.'],
    ['a key of 41 characters', { metadata: { [rocket.repeat(41)]: 'a' } }, `body.metadata.${rocket.repeat(41)}`],
    ['a key with U+0000', { metadata: { 'a\0': 'a' } }, 'body.metadata.a\0'],
    ['a value of 501 characters', { metadata: { a: rocket.repeat(501) } }, 'body.metadata.a'],
    ['a value that is a number', { metadata: { a: 1 } }, 'body.metadata.a'],
    ['a value that is an object', { metadata: { a: {} } }, 'body.metadata.a'],
    ['a time without offset', { start: '2031-05-06T10:00:00' }, 'body.start'],
    ['a time without seconds', { start: '2031-05-06T10:00Z' }, 'body.start'],
    ['a day', { start: '2031-05-06' }, 'body.start'],
    ['a time with a space', { start: '2031-05-06 10:00:00Z' }, 'body.start'],
    ['a Unix time', { start: 1_900_000_000 }, 'body.start'],
    ['30 February', { start: '2031-02-30T10:00:00Z' }, 'body.start'],
    ['29 February of no leap year', { start: '2031-02-29T10:00:00Z' }, 'body.start'],
    ['the hour 24', { start: '2031-05-06T24:00:00Z' }, 'body.start'],
    ['a leap second', { end: '2031-06-30T23:59:60Z' }, 'body.end'],
    ['a month 13', { end: '2031-13-01T10:00:00Z' }, 'body.end'],
    ['a year of five digits', { end: '+10000-01-01T00:00:00Z' }, 'body.end'],
    ['a year that the offset moves out of the calendar', { end: '9999-12-31T23:59:59-00:01' }, 'body.end'],
    ['an end more than 24 hours after the start', { end: '2031-05-07T10:00:00.001Z' }, 'body.end'],
    ['an end at the last millisecond of the calendar', { end: '9999-12-31T23:59:59.999Z' }, 'body.end'],
    ['the year 0', { start: '0000-01-01T00:00:00Z' }, 'body.start'],
    ['a start in the past', { start: '2020-01-01T00:00:00Z' }, 'body.start'],
    ['a start in the first year', { start: '0001-01-01T00:00:00Z' }, 'body.start'],
    ['an end before the start', { end: '2031-05-06T09:59:59.999Z' }, 'body.end'],
    ['an end at the start', { end: request.start }, 'body.end'],
    ['an end at the start once the finer digits are cut off', { end: '2031-05-06T10:00:00.000999Z' }, 'body.end'],
  ];
  test.each(refused)('%s', async (_, changes, path) => {
    const before = await countsOf(api.owner, ['bookings']);
    const answer = await change(changes);
    expect(answer.outcome).toBe('400 validation-failed');
    expect(pathsOf(answer)).toContain(path);
    expect(await countsOf(api.owner, ['bookings'])).toEqual(before);
  });

  test('with a code and its parameters, for clients to translate', async () => {
    const answer = await post({
      listingId: null,
      mentorProfileId: '7',
      start: 'soon',
      end: 9,
      notes: 'a'.repeat(2_001),
      metadata: { ['k'.repeat(41)]: '', a: 'v'.repeat(501), b: 'a\0', c: null },
      extra: 1,
    });
    expect(answer.body.errors.map(({ message: _, ...error }: { message: string }) => error)).toEqual([
      { path: 'body.listingId', code: 'required' },
      { path: 'body.mentorProfileId', code: 'wrong-format', format: 'uuid' },
      { path: 'body.start', code: 'wrong-format', format: 'date-time' },
      { path: 'body.end', code: 'wrong-type', expected: 'string' },
      { path: 'body.notes', code: 'too-long', max: 2_000 },
      { path: `body.metadata.${'k'.repeat(41)}`, code: 'wrong-name', max: 40 },
      { path: 'body.metadata.a', code: 'too-long', max: 500 },
      { path: 'body.metadata.b', code: 'wrong-characters' },
      { path: 'body.metadata.c', code: 'wrong-type', expected: 'string' },
      { path: 'body.extra', code: 'unknown' },
    ]);
    const inThePast = await change({ start: '2020-01-01T00:00:00Z', end: '2019-01-01T00:00:00Z', metadata: keys(21) });
    expect(inThePast.body.errors).toMatchObject([{ path: 'body.metadata', code: 'too-many', max: 20 }]);
    const further = await change({ start: '2020-01-01T00:00:00Z', end: '2019-01-01T00:00:00Z' });
    expect(further.body.errors).toMatchObject([{ code: 'in-the-past' }, { code: 'not-after-start' }]);
    const list = await api.request('GET', '/bookings?limit=101&as=boss&cursor=x&from=', { as });
    expect(list.body.errors).toMatchObject([
      { path: 'query.as', code: 'not-allowed', allowed: ['mentor', 'mentee'] },
      { path: 'query.from', code: 'wrong-format' },
      { path: 'query.limit', code: 'out-of-range', min: 1, max: 100 },
      { path: 'query.cursor', code: 'wrong-format', format: 'cursor' },
    ]);
  });

  test('all errors of path, query and body at once', async () => {
    const answer = await api.request('POST', '/bookings?fast=1', { as, body: { start: 'soon', notes: 7, extra: {} } });
    expect(pathsOf(answer).toSorted()).toEqual([
      'body.end',
      'body.extra',
      'body.listingId',
      'body.mentorProfileId',
      'body.notes',
      'body.start',
      'query.fast',
    ]);
  });

  test('one’s own mentor profile, in whatever case it is written', async () => {
    const both = people['its mentee, now of the mentor profile'];
    const body = { ...request, mentorProfileId: profileId.toUpperCase() };
    const answer = await api.request('POST', '/bookings', { as: both, body });
    expect([answer.outcome, ...pathsOf(answer)]).toEqual(['400 validation-failed', 'body.mentorProfileId']);
  });

  test('__proto__ as a name, wherever it stands and however it is spelt', async () => {
    const inside = (json: string) => `${JSON.stringify(request).slice(0, -1)},${json}}`;
    const bodies = ['"__proto__":{"a":1}', '"metadata":{"__proto__":"a"}', '"metadata":{"\\u005f_proto__":"a"}'];
    for (const body of bodies) expect((await post(inside(body))).outcome).toBe('400 validation-failed');
  });
});

describe('malformed bodies', () => {
  const bodies: [string, unknown][] = [
    ['no JSON', '{"listingId":'],
    ['two of them', '{}{}'],
    ['a comment', '{/* */}'],
    ['a byte order mark in UTF-16', Buffer.from('\ufeff{}', 'utf16le')],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['an overlong NUL', Buffer.from([0x22, 0xc0, 0x80, 0x22])],
    ['NaN', 'NaN'],
    ['only white space', '  \n'],
    ['brackets without an end', '['.repeat(60_000)],
  ];
  test.each(bodies)('%s: malformed-json', async (_, body) => {
    expect((await post(body)).outcome).toBe('400 malformed-json');
  });

  test.each(['null', '[]', '"text"', '7', 'true', '', `${'['.repeat(30_000)}${']'.repeat(30_000)}`])(
    'JSON that is no object: %#',
    async (body) => {
      const answer = await post(body);
      expect([answer.outcome, ...pathsOf(answer)]).toEqual(['400 validation-failed', 'body']);
    },
  );

  test.each([
    'text/plain',
    'application/json; charset=latin1',
    'application/merge-patch+json',
    'multipart/form-data',
    '',
  ])('of the type "%s": unsupported-media-type', async (type) => {
    const answer = await post(Buffer.from(JSON.stringify(request)), { 'content-type': type });
    expect(answer.outcome).toBe('415 unsupported-media-type');
  });

  test('compressed: unsupported-media-type', async () => {
    const answer = await post(request, { 'content-encoding': 'gzip' });
    expect([answer.outcome, answer.headers.get('accept-encoding')]).toEqual(['415 unsupported-media-type', 'identity']);
  });

  test.each([
    'application/json; charset=UTF-8',
    'application/json; charset=utf8',
    'APPLICATION/JSON',
    'application/json;charset="utf-8"',
  ])('JSON by another spelling is JSON: %s', async (type) => {
    expect((await post(request, { 'content-type': type })).outcome).toBe('201');
  });

  test('64 KiB is not too large, a byte more is', async () => {
    const padded = (size: number) => JSON.stringify(request).padEnd(size, ' ');
    expect((await post(padded(65_536))).outcome).toBe('201');
    expect((await post(padded(65_537))).outcome).toBe('413 payload-too-large');
  });
});

describe('X-Request-Id', () => {
  test.each(['a', 'order-7:2026/01=+@._', 'x'.repeat(128)])('the caller’s comes back: %s', async (id) => {
    for (const path of ['/bookings', '/nowhere', '/openapi.json', '/docs'])
      expect(
        (await api.request('GET', path, { as, headers: { 'X-Request-Id': id } })).headers.get('x-request-id'),
      ).toBe(id);
  });

  test.each(['', 'a b', 'x'.repeat(129), 'é', '<script>'])('a new one for what is not sane: "%s"', async (id) => {
    const answer = await api.request('GET', '/nowhere', {
      headers: { 'X-Request-Id': Buffer.from(id).toString('latin1') },
    });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });
});
