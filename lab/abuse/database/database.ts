import type pg from 'pg';
import type { ServiceDatabase } from '@mentor-sessions/local-stack/databases';
import { answerTo, connected, contentsOf } from '@mentor-sessions/lab/plain-sql';
import { schemaCatalogue } from '@mentor-sessions/service-kit/schema-catalogue';
import { createTestStack } from '@mentor-sessions/lab/test-stack';
import { illegalWrites as illegalInBookings } from '../../../services/bookings/test/illegal-writes.ts';
import { legalWrites as legalInBookings } from '../../../services/bookings/test/legal-writes.ts';
import { illegalWrites as illegalInSessions } from '../../../services/sessions/test/illegal-writes.ts';
import { legalWrites as legalInSessions } from '../../../services/sessions/test/legal-writes.ts';
import type { Service } from '@mentor-sessions/local-stack/system';
import { unless, verdict, type Part, type Verdict } from '../part.ts';
import { privateWords } from './private-words.ts';
import { locks, namesOf, notRefusable, notRefusableToApp, statementsIn, warnedOf, type Names } from './statements.ts';

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

const snapshot = async (owner: pg.Client, { table, audit }: Names): Promise<string> =>
  JSON.stringify([await schemaCatalogue(owner), await contentsOf(owner, [...tables, table, audit])]);

// Refused with an error of the expected kind: a syntax error would prove nothing.
const isMisspelt = (answer: string): boolean => answer.startsWith('42601');

type Role = {
  readonly names: Names;
  readonly url: string;
  /** Statements that this login in particular may not run. */
  readonly own: readonly string[];
  readonly allowed: readonly string[];
};

const rolesOf = (service: Service, urls: ServiceDatabase): Role[] => {
  const all = namesOf(service);
  const operators = [...statementsIn('beyond-operators', all), ...locks];
  const logins = [
    [`${service}_operator`, urls.operatorDatabaseUrl, []],
    [`${service}_retention`, urls.retentionDatabaseUrl, statementsIn('beyond-retention', all)],
    ['reports', urls.reportsDatabaseUrl, statementsIn('beyond-reports', all)],
  ] as const;
  return [
    {
      names: all,
      url: urls.databaseUrl,
      own: illegal[service].map(({ sql }) => sql),
      allowed: [...notRefusable, ...notRefusableToApp],
    },
    ...logins.map(([app, url, more]) => ({
      names: { ...all, app },
      url,
      own: [...operators, ...more],
      allowed: notRefusable,
    })),
  ];
};

/** The number of illegal statements, and what did not hold. */
const attackAs = async ({ names, url, own, allowed }: Role, owner: pg.Client) => {
  const client = await connected(url);
  const faults: string[] = [];
  try {
    const before = await snapshot(owner, names);
    const statements = [...statementsIn('tricks', names), ...own];
    for (const sql of statements) {
      const answer = await answerTo(client, sql);
      if (answer === 'accepted' || isMisspelt(answer)) faults.push(`${answer}: ${sql}`);
    }
    for (const sql of warnedOf(names)) await answerTo(client, sql);
    faults.push(...unless((await snapshot(owner, names)) === before, 'a row or the schema has changed'));
    faults.push(...unless(statements.length >= 80, `only ${statements.length} statements`));
    for (const sql of allowed)
      faults.push(...unless((await answerTo(client, sql)) === 'accepted', `now refused: ${sql}`));
    return { tried: `${statements.length} as ${names.app}`, faults: faults.map((fault) => `${names.app}: ${fault}`) };
  } finally {
    await client.end();
  }
};

const attack = async (service: Service, urls: ServiceDatabase): Promise<Verdict> => {
  const [app, owner] = [await connected(urls.databaseUrl), await connected(urls.adminDatabaseUrl)];
  for (const { sql } of legal[service]) await app.query(sql);
  await app.end();
  try {
    const done = [];
    for (const role of rolesOf(service, urls)) done.push(await attackAs(role, owner));
    const seen = done.map(({ tried }) => tried).join(', ');
    return verdict(
      `illegal statements in ${service} are rejected`,
      seen,
      done.flatMap(({ faults }) => faults),
    );
  } finally {
    await owner.end();
  }
};

/** Not even a connection to the other service's database. */
const otherDatabase = async (own: string, other: string): Promise<string[]> => {
  const url = Object.assign(new URL(own), { pathname: new URL(other).pathname });
  const refused = await connected(url.href).then(
    (client) => client.end().then(() => false),
    () => true,
  );
  return unless(refused, `${url.username} may connect to the other service's database`);
};

const run = async (): Promise<Verdict[]> => {
  const stack = await createTestStack();
  try {
    const { bookings, sessions } = stack;
    const strangers: string[] = [];
    for (const url of ['databaseUrl', 'operatorDatabaseUrl', 'retentionDatabaseUrl'] as const) {
      strangers.push(...(await otherDatabase(bookings[url], sessions.databaseUrl)));
      strangers.push(...(await otherDatabase(sessions[url], bookings.databaseUrl)));
    }
    return [
      await attack('bookings', bookings),
      await attack('sessions', sessions),
      await privateWords('bookings', bookings),
      await privateWords('sessions', sessions),
      verdict("no role can connect to the other service's database", '6 refused', strangers),
    ];
  } finally {
    await stack.close();
  }
};

export const database: Part = { name: 'database', run };
