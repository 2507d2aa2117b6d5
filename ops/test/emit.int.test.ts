import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { canonicalJson } from '@mentor-sessions/service-kit/canonical-json';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { connected } from '@mentor-sessions/lab/plain-sql';
import type pg from 'pg';
import { acceptedBooking, mentee, mentor } from '../../lab/e2e/bookings.ts';
import { createWorld, type World } from '../../lab/e2e/world.ts';
import { json, opsEnvironment, opsWith, type Ops } from './ops.ts';

let world: World;
let ops: Ops;
let api: ReturnType<World['client']>;
let sessionsApi: ReturnType<World['client']>;
let owner: { readonly bookings: pg.Client; readonly sessions: pg.Client };

beforeAll(async () => {
  world = await createWorld();
  const [bookings, sessions] = await world.startReady('bookings', 'sessions');
  [api, sessionsApi] = [world.client(bookings!), world.client(sessions!)];
  ops = opsWith(opsEnvironment(world.stack));
  owner = {
    bookings: await connected(world.stack.bookings.adminDatabaseUrl),
    sessions: await connected(world.stack.sessions.adminDatabaseUrl),
  };
}, 90_000);
afterAll(async () => {
  await Promise.all([owner.bookings.end(), owner.sessions.end()]);
  await world.close();
}, 60_000);

type Service = 'bookings' | 'sessions';
type Published = {
  readonly message_id: string;
  readonly sequence: number;
  readonly type: string;
  readonly envelope: string;
};

/** The published events of an aggregate, in order. */
const published = async (service: Service, id: string): Promise<Published[]> => {
  const columns = 'message_id, sequence, type, envelope::text as envelope';
  const sql = `select ${columns} from outbox_published where aggregate_id = $1 order by position`;
  return (await owner[service].query<Published>(sql, [id])).rows;
};
const typesOf = async (service: Service, id: string) => (await published(service, id)).map(({ type }) => type);
const lose = (service: Service, id: string) =>
  owner[service].query('delete from outbox_published where aggregate_id = $1', [id]);

const because = ['--because', 'its row in the outbox was deleted by hand'];
const said = (envelope: string | undefined) => {
  const { traceparent: _, id: _id, ...rest } = JSON.parse(envelope ?? '{}') as Record<string, unknown>;
  return canonicalJson(rest);
};

const completedSession = async () => {
  const { id, sessionId } = await acceptedBooking(api);
  const isThere = async () => (await sessionsApi('GET', `/sessions/${sessionId}`, { as: mentor })).status === 200;
  await eventually(isThere, { describe: 'the session' });
  await sessionsApi('PATCH', `/sessions/${sessionId}/start`, { as: mentee });
  await sessionsApi('PATCH', `/sessions/${sessionId}/complete`, { as: mentor });
  await eventually(async () => (await published('sessions', sessionId)).length === 3, { describe: 'three events' });
  return { id, sessionId };
};

test('missing events of a session are published again, in order and with the same content', async () => {
  const { sessionId } = await completedSession();
  const before = await published('sessions', sessionId);
  await lose('sessions', sessionId);
  const ran = await ops('events', 'emit', '--session', sessionId, ...because);
  expect({ code: ran.code, outcome: json(ran).outcome }).toEqual({ code: 0, outcome: 'emitted' });
  await eventually(async () => (await published('sessions', sessionId)).length === 3, { describe: 'published again' });
  const after = await published('sessions', sessionId);
  expect(after.map(({ type, sequence }) => [type, sequence])).toEqual([
    ['session.scheduled', 1],
    ['session.started', 2],
    ['session.completed', 3],
  ]);
  expect(after.map(({ envelope }) => said(envelope))).toEqual(before.map(({ envelope }) => said(envelope)));
}, 60_000);

test('only the missing event is published; a second request is refused and says why', async () => {
  const { sessionId } = await completedSession();
  await owner.sessions.query(`delete from outbox_published where aggregate_id = $1 and type = 'session.started'`, [
    sessionId,
  ]);
  expect(json(await ops('events', 'emit', '--session', sessionId, ...because)).outcome).toBe('emitted');
  await eventually(async () => (await published('sessions', sessionId)).length === 3, { describe: 'published again' });
  expect((await typesOf('sessions', sessionId)).toSorted()).toEqual([
    'session.completed',
    'session.scheduled',
    'session.started',
  ]);
  const again = await ops('events', 'emit', '--session', sessionId, '--text', ...because);
  expect(again.code).toBe(1);
  expect(again.out).toMatch(/^Not emitted: session.scheduled was published at .* resend/);
  expect(await published('sessions', sessionId)).toHaveLength(3);
}, 60_000);

test('a timed event is not mistaken for the change whose sequence it has', async () => {
  const { sessionId } = await completedSession();
  await owner.sessions.query(
    `update outbox_published set type = 'session.starting-soon' where aggregate_id = $1 and type = 'session.scheduled'`,
    [sessionId],
  );
  expect(json(await ops('events', 'emit', '--session', sessionId, ...because))).toMatchObject({
    outcome: 'emitted',
    detail: expect.stringContaining('session.scheduled emitted'),
  });
  const types = async () => (await typesOf('sessions', sessionId)).join();
  await eventually(async () => (await types()).endsWith('session.scheduled'), { describe: 'published again' });
}, 60_000);

test('the acceptance of a booking is published with its original id, and --again publishes the same bytes', async () => {
  const { id } = await completedSession();
  const acceptances = async () => (await published('bookings', id)).filter(({ type }) => type === 'booking.accepted');
  const [before] = await acceptances();
  await lose('bookings', id);
  expect(json(await ops('events', 'emit', '--booking', id, ...because)).outcome).toBe('emitted');
  await eventually(async () => (await acceptances()).length === 1, { describe: 'published again' });
  expect(await typesOf('bookings', id)).toEqual(['booking.requested', 'booking.accepted']);
  const [first] = await acceptances();
  expect(first?.message_id).toBe(before?.message_id);
  expect(said(first?.envelope)).toBe(said(before?.envelope));
  expect((await ops('events', 'emit', '--booking', id, ...because)).code).toBe(1);
  expect(json(await ops('events', 'emit', '--booking', id, '--again', ...because)).outcome).toBe('emitted');
  await eventually(async () => (await acceptances()).length === 2, { describe: 'published twice' });
  const [one, other] = await acceptances();
  expect(other?.envelope).toBe(one?.envelope);
  const { rows } = await owner.bookings.query(
    `select operator, reason, subject from operator_actions where action = 'events emit'`,
  );
  expect(rows).toHaveLength(3);
  expect(rows[0]).toEqual({
    operator: 'olga',
    reason: because[1],
    subject: { aggregates: [id], type: null, again: false },
  });
}, 60_000);

test('an unknown id and an event that has not happened are refused', async () => {
  const { sessionId } = await completedSession();
  for (const [args, why] of [
    [['--session', randomUUID()], 'row not found'],
    [['--booking', randomUUID()], 'row not found'],
    [
      ['--session', sessionId, '--type', 'booking.accepted'],
      'booking.accepted does not follow from the row; these do: session.scheduled',
    ],
  ] as const) {
    const ran = await ops('events', 'emit', ...args, ...because);
    expect({ code: ran.code, ...json(ran) }).toMatchObject({
      code: 1,
      outcome: 'refused',
      detail: expect.stringContaining(why),
    });
  }
  const both = await ops('events', 'emit', '--session', sessionId, '--booking', sessionId, ...because);
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining('Use either --session <id> or --booking <id>') });
}, 60_000);
