import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sessionCompletionOverdue, sessionStartingSoon, sessionStartOverdue } from '@mentor-sessions/contracts';
import { people } from '@mentor-sessions/lab/people';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createTimer } from '@mentor-sessions/messaging';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import pg from 'pg';
import { openSessions } from '../src/database/database.ts';
import { examineSessions } from '../src/use-cases/examine-sessions.ts';
import { completeSession, startSession } from '../src/use-cases/sessions.ts';
import { insertSessions, plainSession, type PlainSession } from './plain-sessions.ts';

const log = createLogger({ service: 'sessions', role: 'test', level: 'silent' });
const settings = { startingSoonSeconds: [86_400, 900], completionGraceSeconds: 0 };

let stack: TestStack;
let databases: Database[];
let app: pg.Client;
let owner: pg.Client;
beforeAll(async () => {
  stack = await createTestStack();
  const { databaseUrl: url, adminDatabaseUrl } = stack.sessions;
  databases = [1, 2].map(() => createDatabase({ url, applicationName: 'test', log }));
  app = new pg.Client(url);
  owner = new pg.Client(adminDatabaseUrl);
  await Promise.all([app.connect(), owner.connect()]);
});
afterAll(async () => {
  await Promise.all([app.end(), owner.end(), ...databases.map((database) => database.close())]);
  await stack.close();
});
afterEach(() => owner.query('truncate outbox, timers, timer_events'));

const MINUTE = 60_000;
const inMinutes = (minutes: number): Date => new Date(Date.now() + minutes * MINUTE);

/** Sessions of an hour, whose bookings were accepted two days ago. */
const given = async (...wanted: Partial<PlainSession>[]): Promise<string[]> => {
  const rows = wanted.map((one) => {
    const { start } = plainSession(0, one);
    return plainSession(0, { ...one, end: new Date(start.getTime() + 60 * MINUTE) });
  });
  await insertSessions(app, rows);
  const ids = rows.map(({ id }) => id);
  const sql = `update accepted_bookings set accepted_at = now() - interval '2 days' where session_id = any($1)`;
  await owner.query(sql, [ids]);
  return ids;
};

type Event = { type: string; subject: string; sequence: string; data: Record<string, unknown> };
const eventsOf = async (ids: readonly string[]): Promise<Event[]> => {
  const sql = 'select envelope from outbox where aggregate_id = any($1) order by position';
  return (await owner.query<{ envelope: Event }>(sql, [ids])).rows.map(({ envelope }) => envelope);
};
const typesOf = async (ids: readonly string[]) => (await eventsOf(ids)).map(({ type }) => type);
const dueTimers = async (): Promise<number> =>
  (await owner.query('select from timers where due_at <= now()')).rows.length;

/** While as many timers run as there are databases. */
const running = async (work: () => Promise<unknown>): Promise<void> => {
  const timers = databases.map((database) =>
    createTimer({
      database,
      examine: examineSessions(openSessions(database), settings, randomUUID),
      onCommitted: () => undefined,
      log,
      pollMs: 20,
    }),
  );
  await Promise.all(timers.map((timer) => timer.start()));
  try {
    await work();
  } finally {
    await Promise.all(timers.map((timer) => timer.stop()));
  }
};
const settled = () =>
  eventually(async () => (await dueTimers()) === 0, { describe: 'no timer is due', within: 20_000 });

test('each fact is published when it is due, with the session’s sequence and when it was due', async () => {
  const soon = inMinutes(10);
  const ids = await given(
    { start: soon },
    { start: inMinutes(-90) },
    { start: inMinutes(-90), status: 'in_progress' },
    { start: inMinutes(-90), status: 'completed' },
    { start: inMinutes(60 * 48) },
  );
  await running(settled);
  const events = await eventsOf(ids);
  const seen = events.map(({ type, subject, sequence }) => [type, ids.indexOf(subject), Number(sequence)]);
  expect(seen.toSorted()).toEqual([
    ['session.completion-overdue', 2, 2],
    ['session.start-overdue', 1, 1],
    ['session.starting-soon', 0, 1],
    ['session.starting-soon', 0, 1],
  ]);
  const definitions = [sessionCompletionOverdue, sessionStartingSoon, sessionStartOverdue];
  for (const { type, data } of events)
    expect(definitions.find((event) => event.type === type)?.data.parse(data)).toEqual(data);
  const offsets = events
    .filter(({ subject }) => subject === ids[0])
    .map(({ data }) => [data['offsetSeconds'], data['dueAt']]);
  expect(offsets).toEqual(
    [86_400, 900].map((seconds) => [seconds, new Date(soon.getTime() - seconds * 1_000).toISOString()]),
  );
});

test('two timers publish each of 150 facts once', async () => {
  const ids = await given(...Array.from({ length: 150 }, () => ({ start: inMinutes(-90) })));
  await running(settled);
  const events = await eventsOf(ids);
  expect(events).toHaveLength(150);
  expect(new Set(events.map(({ subject }) => subject))).toEqual(new Set(ids));
}, 30_000);

test('a row that another transaction changes is examined after that change', async () => {
  const [id] = (await given({ start: inMinutes(-90) })) as [string];
  await owner.query('begin');
  await owner.query('select from sessions where id = $1 for update', [id]);
  await running(async () => {
    await given({ start: inMinutes(-90) }).then((others) =>
      eventually(async () => (await typesOf(others)).length === 1, { describe: 'the other is published' }),
    );
    expect(await typesOf([id])).toEqual([]);
    await owner.query(
      `update sessions set status = 'in_progress', version = 2, started_at = created_at, started_by = mentee_user_id,
        updated_at = created_at where id = $1`,
      [id],
    );
    await owner.query('commit');
    await eventually(async () => (await typesOf([id])).length > 0, { describe: 'it is published', within: 20_000 });
  });
  expect(await typesOf([id])).toEqual(['session.completion-overdue']);
});

test('timers of sessions that are gone do not hold up the others', async () => {
  await owner.query(
    `insert into timers select gen_random_uuid(), now() - interval '1 hour' from generate_series(1, 500)`,
  );
  const ids = await given({ start: inMinutes(-90) });
  await running(() =>
    eventually(async () => (await typesOf(ids)).length === 1, { describe: 'the one that is there', within: 20_000 }),
  );
});

test('a session that starts after its last timer gets one again', async () => {
  const [id] = (await given({ start: inMinutes(-90) })) as [string];
  await running(settled);
  expect((await owner.query('select from timers')).rows).toHaveLength(0);
  await app.query(
    `update sessions set status = 'in_progress', version = 2, started_at = created_at, started_by = mentee_user_id,
      updated_at = created_at where id = $1`,
    [id],
  );
  await running(settled);
  expect(await typesOf([id])).toEqual(['session.start-overdue', 'session.completion-overdue']);
});

const permutations = <T>(all: readonly T[]): T[][] =>
  all.length === 0 ? [[]] : all.flatMap((one, at) => permutations(all.toSpliced(at, 1)).map((rest) => [one, ...rest]));

/** What a subscriber takes that keeps the highest sequence it has seen, of any event, and skips what is not above it. */
const takenInOrder = (events: readonly Event[]): string[] => {
  let highest = '';
  return events.flatMap(({ type, sequence }) => {
    const isNewer = sequence > highest;
    if (isNewer) highest = sequence;
    return isNewer ? [type] : [];
  });
};

test('a subscriber that keeps the highest sequence never drops the next transition because of a fact', async () => {
  const [id] = (await given({ start: inMinutes(-90) })) as [string];
  const [sessions] = databases.map((database) => openSessions(database)) as [ReturnType<typeof openSessions>];
  const command = { id, actor: people['its mentor'], ifMatch: () => true };
  await running(settled);
  await startSession(sessions, { ...command, messageId: randomUUID() });
  await running(settled);
  await completeSession(sessions, { ...command, messageId: randomUUID() });
  const events = await eventsOf([id]);
  expect(events.map(({ type, sequence }) => [type, Number(sequence)])).toEqual([
    ['session.start-overdue', 1],
    ['session.started', 2],
    ['session.completion-overdue', 2],
    ['session.completed', 3],
  ]);
  expect(takenInOrder(events)).toEqual(expect.arrayContaining(['session.started', 'session.completed']));
  // in any order, with copies: it ends with the last transition
  for (const arriving of permutations(events))
    expect(takenInOrder([...arriving, ...arriving]).at(-1)).toBe('session.completed');
});

test('while rows that are not parked wait in the outbox, further facts wait in their timers', async () => {
  const ids = await given(...Array.from({ length: 400 }, () => ({ start: inMinutes(-90) })));
  await running(async () => {
    await eventually(async () => (await typesOf(ids)).length >= 200, { describe: 'the outbox is full' });
    expect(await dueTimers()).toBeGreaterThan(0);
    await owner.query('update outbox set parked_at = now()');
    await eventually(async () => (await dueTimers()) === 0, { describe: 'the rest follows', within: 20_000 });
  });
  expect((await owner.query('select from timer_events')).rows).toHaveLength(400);
});

test('rows that wait behind parked ones of their aggregates hold up no facts of others', async () => {
  await owner.query(`insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope, parked_at)
    select gen_random_uuid(), md5(n::text)::uuid, sequence, 'session.scheduled', n % 16, '{}', case sequence when 1 then now() end
    from generate_series(1, 200) as n, generate_series(1, 2) as sequence order by n, sequence`);
  const ids = await given(...Array.from({ length: 250 }, () => ({ start: inMinutes(-90) })));
  await running(async () => {
    // the timer waits for its own events, which no relay publishes here
    const publish = () => owner.query('delete from outbox where aggregate_id = any($1)', [ids]);
    await eventually(async () => (await publish(), (await dueTimers()) === 0), {
      describe: 'all facts follow',
      within: 20_000,
    });
  });
  expect((await owner.query('select from timer_events')).rows).toHaveLength(250);
});

test('an event that cannot be written is published as soon as it can be', async () => {
  const [id] = (await given({ start: inMinutes(-90) })) as [string];
  await owner.query('alter table outbox add constraint none check (false) not valid');
  let failures = 0;
  const [database] = databases as [Database];
  const timer = createTimer({
    database,
    examine: (tx, past) => {
      failures += 1;
      return examineSessions(openSessions(database), settings, randomUUID)(tx, past);
    },
    onCommitted: () => undefined,
    log,
    pollMs: 20,
  });
  await timer.start();
  await eventually(() => failures > 1, { describe: 'it was tried again' });
  expect((await owner.query('select from timer_events')).rows).toHaveLength(0);
  await owner.query('alter table outbox drop constraint none');
  await eventually(async () => (await typesOf([id])).length > 0, { describe: 'it is published', within: 20_000 });
  await timer.stop();
  expect(await typesOf([id])).toEqual(['session.start-overdue']);
});

test('one row that the database refuses does not hold up the others', async () => {
  const ids = await given(...Array.from({ length: 30 }, () => ({ start: inMinutes(-90) })));
  const [refused, ...others] = ids as [string, ...string[]];
  await owner.query(`alter table outbox add constraint one check (aggregate_id <> '${refused}') not valid`);
  await running(async () => {
    await eventually(async () => (await eventsOf(others)).length === 29, { describe: 'the others', within: 20_000 });
    expect(await typesOf([refused])).toEqual([]);
    await owner.query('alter table outbox drop constraint one');
    await eventually(async () => (await eventsOf(ids)).length === 30, { describe: 'that one too', within: 20_000 });
  });
}, 60_000);
