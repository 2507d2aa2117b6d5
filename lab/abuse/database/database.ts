import type pg from 'pg';
import type { ServiceDatabase } from '@mentor-sessions/local-stack/databases';
import { answerTo, connected, contentsOf } from '@mentor-sessions/lab/plain-sql';
import { schemaCatalogue } from '@mentor-sessions/service-kit/schema-catalogue';
import { createTestStack } from '@mentor-sessions/lab/test-stack';
import { illegalWrites as illegalInBookings } from '../../../services/bookings/test/illegal-writes.ts';
import { legalWrites as legalInBookings } from '../../../services/bookings/test/legal-writes.ts';
import { illegalWrites as illegalInSessions } from '../../../services/sessions/test/illegal-writes.ts';
import { legalWrites as legalInSessions } from '../../../services/sessions/test/legal-writes.ts';
import { unless, verdict } from '../part.ts';
import type { Part, Verdict } from '../part.ts';
import { privateWords } from './private-words.ts';
import { locks, notRefusable, notRefusableToApp, tricks, warnedOf } from './tricks.ts';

type Names = { readonly table: string; readonly audit: string };

/** What operators' password is not for: to read what is private, to act without a record, to change the record or what happened. */
const beyondOperators = ({ table, audit }: Names): readonly string[] => [
  `select notes from ${table}`,
  `select metadata from ${table}`,
  `select * from ${table}`,
  `copy ${table} to stdout`,
  `select ${table} from ${table}`,
  `select answer from idempotency_keys`,
  `update ${table} set version = version + 1`,
  `insert into ${table} select * from ${table}`,
  `insert into ${audit} select * from ${audit}`,
  `update dead_letters set resolved_at = now(), resolution = 'discarded', resolved_by = 'x'`,
  `update dead_letters set body = ''`,
  'delete from dead_letters',
  `insert into replays (dead_letter_id, queue, requested_by, reason) values (gen_random_uuid(), 'q', 'x', 'y')`,
  `update replays set outcome = 'handled'`,
  'delete from replays',
  `insert into outbox select * from outbox`,
  `update outbox set parked_at = null`,
  `update outbox set envelope = '{}'`,
  'delete from outbox',
  'delete from outbox_published',
  'delete from inbox',
  `insert into paused_workers (target, paused_by, reason) values ('relay', 'x', 'y')`,
  'delete from paused_workers',
  'delete from workers',
  `insert into operator_actions (operator, login, action, reason, subject) values ('x', 'someone else', 'a', 'r', '{}')`,
  `insert into operator_actions (operator, at, action, reason, subject) values ('x', now() - interval '1 year', 'a', 'r', '{}')`,
  `insert into operator_actions (operator, action, reason, subject) values (' ', 'a', 'r', '{}')`,
  `insert into operator_actions (operator, action, reason, subject) values ('x', 'a', '', '{}')`,
  `update operator_actions set operator = 'someone else'`,
  'delete from operator_actions',
  'truncate operator_actions',
  `select dead_letters_replay('{}', '', 'no name')`,
  `select dead_letters_discard('{}', 'x', ' ')`,
  `select outbox_drop('{}', 'x', null)`,
  `select workers_pause('api', 'x', 'not one of those that can be paused')`,
  `select * from outbox_claim(1)`,
  'select * from outbox_horizon()',
  'select envelope from outbox',
  'select envelope from outbox_published',
  'select body from dead_letters',
  'select headers from dead_letters',
  'select properties from dead_letters',
  'select * from dead_letters',
  'select outbox from outbox',
  'select octet_length(envelope::text) from outbox',
  `select id from dead_letters where body like '%a%'`,
  'copy outbox_published to stdout',
  `select dead_letters_show('00000000-0000-7000-8000-0000000000bb', '', 'no name')`,
  `select dead_letters_show('00000000-0000-7000-8000-0000000000bb', 'x', ' ')`,
  `select events_resend('booking.accepted', now(), now(), 'q', 'x', '')`,
  `insert into operator_actions (operator, action, reason, subject) values ('x', 'events resend', 'r', '{}')`,
];

/** Reports need neither people nor messages, and remove nothing. */
const beyondReports = ({ table, audit }: Names): readonly string[] => [
  `select mentee_user_id from ${table}`,
  `select version from ${table}`,
  `select actor_user_id from ${audit}`,
  'select envelope from outbox',
  'select envelope from outbox_published',
  'select body from dead_letters',
  'select * from inbox',
  'select * from operator_actions',
  'select * from migrations',
  `select inbox_forget(now(), interval '1 day', 1)`,
  'select * from outbox_horizon()',
  `select * from outbox_published_drop_days(now(), interval '1 day')`,
];

/** What is old is removed by functions, and only when it has been kept for an hour at least; nothing is read. */
const beyondRetention: readonly string[] = [
  'select * from inbox',
  'select * from outbox_published',
  'select * from dead_letters',
  'select * from idempotency_keys',
  'delete from idempotency_keys',
  'drop table outbox_published_default',
  'truncate inbox',
  `select inbox_forget(now(), interval '59 minutes', 1)`,
  `select inbox_forget(now(), interval '-1 day', 1)`,
  `select outbox_published_drop_days(now(), interval '0')`,
  `select outbox_published_make_partitions(1)`,
  'select * from outbox_horizon()',
];

const names = {
  bookings: {
    table: 'bookings',
    audit: 'booking_transitions',
    guard: 'booking_moves',
    app: 'bookings_app',
    owner: 'bookings_owner',
    other: 'sessions',
  },
  sessions: {
    table: 'sessions',
    audit: 'session_transitions',
    guard: 'session_moves',
    app: 'sessions_app',
    owner: 'sessions_owner',
    other: 'bookings',
  },
};
const legal = { bookings: legalInBookings, sessions: legalInSessions };
const illegal = { bookings: illegalInBookings, sessions: illegalInSessions };

const tables = [
  'outbox',
  'outbox_published',
  'inbox',
  'dead_letters',
  'replays',
  'workers',
  'paused_workers',
  'operator_actions',
];

const look = async (owner: pg.Client, { table, audit }: { table: string; audit: string }): Promise<string> =>
  JSON.stringify([await schemaCatalogue(owner), await contentsOf(owner, [...tables, table, audit])]);

// With an error of its own kind, not because the statement was misspelt: syntax errors show nothing.
const isMisspelt = (answer: string): boolean => answer.startsWith('42601');

type Service = keyof typeof names;
const rolesOf = (service: Service, urls: ServiceDatabase) => {
  const all = names[service];
  const asApp = illegal[service].map(({ sql }) => sql);
  const others = [
    [`${service}_operator`, urls.operatorDatabaseUrl, []],
    [`${service}_retention`, urls.retentionDatabaseUrl, beyondRetention],
    ['reports', urls.reportsDatabaseUrl, beyondReports(all)],
  ] as const;
  return [
    { ...all, url: urls.databaseUrl, own: asApp, allowed: [...notRefusable, ...notRefusableToApp] },
    ...others.map(([app, url, more]) => {
      const own = [...beyondOperators(all), ...more, ...locks];
      return { ...all, app, url, own, allowed: notRefusable };
    }),
  ];
};

const attackAs = async (role: ReturnType<typeof rolesOf>[number], owner: pg.Client): Promise<Verdict> => {
  const client = await connected(role.url);
  const faults: string[] = [];
  const states = new Map<string, number>();
  try {
    const before = await look(owner, role);
    const statements = [...tricks(role), ...role.own];
    for (const sql of statements) {
      const answer = await answerTo(client, sql);
      const state = answer.split(' ')[0] ?? '';
      states.set(state, (states.get(state) ?? 0) + 1);
      if (answer === 'accepted' || isMisspelt(answer)) faults.push(`${answer}: ${sql}`);
    }
    for (const sql of warnedOf(role)) await answerTo(client, sql);
    faults.push(...unless((await look(owner, role)) === before, 'a row or the schema has changed'));
    faults.push(...unless(statements.length >= 80, `only ${statements.length} statements`));
    for (const sql of role.allowed)
      faults.push(...unless((await answerTo(client, sql)) === 'accepted', `now refused: ${sql}`));
    const often = [...states].filter(([, count]) => count >= 10).toSorted((a, b) => b[1] - a[1]);
    const told = often.map(([state, count]) => `${state} × ${count}`);
    return verdict(
      `illegal statements as ${role.app}`,
      `${statements.length} statements; most often ${told.join(', ')}`,
      faults,
    );
  } finally {
    await client.end();
  }
};

const attack = async (service: Service, urls: ServiceDatabase): Promise<Verdict[]> => {
  const [app, owner] = [await connected(urls.databaseUrl), await connected(urls.adminDatabaseUrl)];
  for (const { sql } of legal[service]) await app.query(sql);
  await app.end();
  try {
    const verdicts: Verdict[] = [];
    for (const role of rolesOf(service, urls)) verdicts.push(await attackAs(role, owner));
    return verdicts;
  } finally {
    await owner.end();
  }
};

/** Other databases are other houses: not even a connection. */
const otherDatabases = async (own: string, other: string): Promise<string[]> => {
  const url = new URL(own);
  url.pathname = new URL(other).pathname;
  const refused = await connected(url.href).then(
    (client) => client.end().then(() => false),
    () => true,
  );
  return unless(refused, `${url.username} may connect to the other service's database`);
};

const run = async (): Promise<Verdict[]> => {
  const stack = await createTestStack();
  try {
    const [bookings, sessions] = [stack.bookings.databaseUrl, stack.sessions.databaseUrl];
    const { bookings: ofBookings, sessions: ofSessions } = stack;
    const strangers = [
      ...(await otherDatabases(bookings, sessions)),
      ...(await otherDatabases(sessions, bookings)),
      ...(await otherDatabases(ofBookings.operatorDatabaseUrl, sessions)),
      ...(await otherDatabases(ofSessions.operatorDatabaseUrl, bookings)),
      ...(await otherDatabases(ofBookings.retentionDatabaseUrl, sessions)),
      ...(await otherDatabases(ofSessions.retentionDatabaseUrl, bookings)),
    ];
    return [
      ...(await attack('bookings', stack.bookings)),
      ...(await attack('sessions', stack.sessions)),
      await privateWords('bookings', stack.bookings),
      await privateWords('sessions', stack.sessions),
      verdict("no role of a service can connect to the other's database", '6 refused', strangers),
    ];
  } finally {
    await stack.close();
  }
};

export const database: Part = { name: 'database', run };
