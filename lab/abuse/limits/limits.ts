import { goodRequest, openHttpWorld, type HttpWorld } from '../http/http-world.ts';
import { verdict, unless, inTurns, type Verdict, type Part, type Size } from '../part.ts';
import { send, type Heard } from '@mentor-sessions/lab/send';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const PER_MINUTE = 30;

/** One more request than allowed in a minute: all but the last are answered `expected`, the last one 429. */
const faultsOf = (who: string, answers: readonly Heard[], expected: number): string[] => {
  const statuses = answers.map(({ status }) => status);
  const last = answers.at(-1);
  const wait = Number(last?.headers['retry-after']);
  const problem = last?.headers['content-type'];
  return [
    ...statuses
      .slice(0, -1)
      .flatMap((status, n) => (status === expected ? [] : [`request ${n + 1} of ${who}: ${status}`])),
    ...(last?.status === 429 ? [] : [`request ${statuses.length} of ${who}: ${last?.status}, not 429`]),
    ...(wait >= 1 && wait <= 60 ? [] : [`${who}: Retry-After is ${String(last?.headers['retry-after'])}`]),
    ...(problem === 'application/problem+json' ? [] : [`${who}: the 429 is ${String(problem)}`]),
  ];
};

/** Limits per subject, and per address without a valid token; callers within their limit are not affected by others. */
const rates = async (world: HttpWorld): Promise<Verdict> => {
  const { url } = await world.startApi('bookings', { RATE_LIMIT_PER_MINUTE: String(PER_MINUTE) });
  const ask = (token: string) => send(url, '/bookings', { headers: ['authorization', `Bearer ${token}`] });
  const oneMoreThanAllowed = async (token: string): Promise<Heard[]> => {
    const answers: Heard[] = [];
    for (let n = 0; n <= PER_MINUTE; n++) answers.push(await ask(token));
    return answers;
  };
  const faults = [
    ...faultsOf('a stranger', await oneMoreThanAllowed('forged'), 401),
    ...faultsOf('the mentee, at the address of that stranger', await oneMoreThanAllowed(world.tokens.mentee), 200),
  ];
  const other = await ask(world.tokens.mentor);
  if (other.status !== 200) faults.push(`another subject, the first time: ${other.status}`);
  const seen = `at ${PER_MINUTE} a minute: request ${PER_MINUTE + 1} of an address and of a subject 429, another subject served`;
  return verdict('rate per subject and per address: 429 with Retry-After', seen, faults);
};

const request = (more: object): string => JSON.stringify({ ...goodRequest(), ...more });
const keysOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
const filled = (bytes: number): string => `${'{"notes":"x"}'.padEnd(bytes)}`;

type Case = readonly [string, string, number, { readonly body?: string; readonly headers?: readonly string[] }];

/** Values just within and just beyond each limit. */
const cases = (): readonly Case[] => [
  ['a body of 64 KiB', '/bookings', 400, { body: filled(65_536) }],
  ['a body of 64 KiB and a byte', '/bookings', 413, { body: filled(65_537) }],
  ['a body of 5 MB', '/bookings', 413, { body: filled(5_000_000) }],
  ['30,000 lists in each other', '/bookings', 400, { body: '['.repeat(30_000) + ']'.repeat(30_000) }],
  ['notes of 2,000 characters', '/bookings', 201, { body: request({ notes: '👩'.repeat(2_000) }) }],
  ['notes of 2,001', '/bookings', 400, { body: request({ notes: 'x'.repeat(2_001) }) }],
  ['20 keys of metadata', '/bookings', 201, { body: request({ metadata: keysOf(20) }) }],
  ['21 keys', '/bookings', 400, { body: request({ metadata: keysOf(21) }) }],
  ['a key of 40 characters', '/bookings', 201, { body: request({ metadata: { ['k'.repeat(40)]: 'v' } }) }],
  ['a key of 41', '/bookings', 400, { body: request({ metadata: { ['k'.repeat(41)]: 'v' } }) }],
  ['a value of 500 characters', '/bookings', 201, { body: request({ metadata: { k: 'v'.repeat(500) } }) }],
  ['a value of 501', '/bookings', 400, { body: request({ metadata: { k: 'v'.repeat(501) } }) }],
  ['pages of 100', '/bookings?limit=100', 200, {}],
  ['pages of 101', '/bookings?limit=101', 400, {}],
  ['header fields of 12 KB', '/bookings', 200, { headers: ['x', 'a'.repeat(12_000)] }],
  ['header fields of 17 KB', '/bookings', 431, { headers: ['x', 'a'.repeat(17_000)] }],
  ['a path of 17 KB', `/${'a'.repeat(17_000)}`, 431, {}],
];

const sizes = async (world: HttpWorld): Promise<Verdict> => {
  const all = cases();
  for (const [name, path, expected, { body, headers = [] }] of all) {
    const method = body === undefined ? 'GET' : 'POST';
    const { status } = await world.ask('bookings', path, {
      method,
      as: 'mentee',
      body,
      json: body !== undefined,
      headers,
    });
    if (status !== expected) world.fault(`${name}: ${status}, not ${expected}`);
  }
  return verdict(
    'body, depth, field, header and page sizes',
    `${all.length} cases at both sides of each limit`,
    world.takeFaults(),
  );
};

const LOCK_MS = 4_500;

/** A locked table: 503 in time, and no request that waits forever. */
const locks = async (world: HttpWorld): Promise<Verdict> => {
  const owner = world.owners.bookings;
  await owner.query('begin; lock table bookings in access exclusive mode');
  const began = performance.now();
  const heard = await Promise.all([1, 2, 3].map(() => world.ask('bookings', '/bookings', { as: 'mentee' })));
  const ms = Math.round(performance.now() - began);
  await owner.query('rollback');
  const after = await world.ask('bookings', '/bookings', { as: 'mentee' });
  world.takeFaults(); // expected: later than 2 s, and 503
  return verdict(
    'a locked table: 503 with Retry-After after the lock timeout (3 s)',
    `${heard.map(({ status }) => status).join(', ')} after ${ms} ms, then ${after.status}`,
    [
      ...unless(
        heard.every(({ status, headers }) => status === 503 && headers['retry-after'] === '1'),
        'another answer',
      ),
      ...unless(ms < LOCK_MS, `after ${ms} ms`),
      ...unless(after.status === 200, 'it does not recover'),
    ],
  );
};

const open = (url: string, bytes: string): Promise<{ socket: Socket; closed: () => boolean }> => {
  const { promise, resolve } = Promise.withResolvers<{ socket: Socket; closed: () => boolean }>();
  let isClosed = false;
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () => {
    socket.write(bytes);
    resolve({ socket, closed: () => isClosed });
  });
  socket
    .on('error', () => (isClosed = true))
    .on('close', () => (isClosed = true))
    .resume();
  socket.once('error', () => resolve({ socket, closed: () => true }));
  return promise;
};

const connections = { full: 1_000, small: 200 };
const PATIENCE_MS = 14_000;

/** Headers and bodies sent byte by byte, with other requests meanwhile. */
const slowClients = async (world: HttpWorld): Promise<Verdict> => {
  const { url } = world.apis.bookings;
  const post = `POST /bookings HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${world.tokens.mentee}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{`;
  const slow: Awaited<ReturnType<typeof open>>[] = [];
  const began = performance.now();
  const count = connections[world.size];
  await inTurns(
    Array(count).keys(),
    50,
    async (index) =>
      void slow.push(await open(url, world.size === 'small' || index % 2 === 0 ? 'GET / HTTP/1.1\r\nX: ' : post)),
  );
  const times: number[] = [];
  let most = 0;
  while (slow.some(({ closed }) => !closed()) && performance.now() - began < PATIENCE_MS + 5_000) {
    for (const { socket, closed } of slow) if (!closed()) socket.write('a');
    most = Math.max(most, slow.filter(({ closed }) => !closed()).length);
    for (let turn = 0; turn < 5; turn++) {
      const { status, ms } = await world.ask('bookings', '/bookings', { as: 'mentee' });
      times.push(ms);
      if (status !== 200) world.fault(`another client is answered ${status}`);
    }
    await pause(200);
  }
  const left = slow.filter(({ closed }) => !closed()).length;
  for (const { socket } of slow) socket.destroy();
  const worst = Math.round(Math.max(...times));
  const seen = `${most} slow connections; ${times.length} other requests, the slowest ${worst} ms; all slow ones ended after ${Math.round((performance.now() - began) / 100) / 10} s`;
  return verdict('slow clients do not delay others and are disconnected (5 s for headers, 10 s for a request)', seen, [
    ...world.takeFaults(),
    ...unless(left === 0, `${left} slow connections are still open`),
    ...unless(most >= count * 0.95, `only ${most} were open at once`),
  ]);
};

const run = async (size: Size): Promise<Verdict[]> => {
  const world = await openHttpWorld(size);
  try {
    return [await sizes(world), await rates(world), await locks(world), await slowClients(world)];
  } finally {
    await world.close();
  }
};

export const limits: Part = { name: 'limits', run };
