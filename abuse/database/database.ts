import type pg from 'pg';
import { answerTo, connected, contentsOf } from '@mentor-sessions/local-stack/plain-sql';
import { schemaCatalogue } from '@mentor-sessions/local-stack/schema-catalogue';
import { createTestStack } from '@mentor-sessions/local-stack/test-stack';
import { illegalWrites as illegalInBookings } from '../../services/bookings/test/illegal-writes.ts';
import { legalWrites as legalInBookings } from '../../services/bookings/test/legal-writes.ts';
import { illegalWrites as illegalInSessions } from '../../services/sessions/test/illegal-writes.ts';
import { legalWrites as legalInSessions } from '../../services/sessions/test/legal-writes.ts';
import { unless, verdict } from '../part.ts';
import type { Part, Verdict } from '../part.ts';
import { notRefusable, tricks, warnedOf } from './tricks.ts';

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

const look = async (owner: pg.Client, { table, audit }: { table: string; audit: string }): Promise<string> =>
  JSON.stringify([
    await schemaCatalogue(owner),
    await contentsOf(owner, [table, audit, 'outbox', 'outbox_published', 'inbox', 'dead_letters']),
  ]);

// With an error of its own kind, not because the statement was misspelt: syntax errors show nothing.
const isMisspelt = (answer: string): boolean => answer.startsWith('42601');

const attack = async (
  service: 'bookings' | 'sessions',
  urls: { databaseUrl: string; adminDatabaseUrl: string },
): Promise<Verdict> => {
  const [app, owner] = [await connected(urls.databaseUrl), await connected(urls.adminDatabaseUrl)];
  const faults: string[] = [];
  const states = new Map<string, number>();
  try {
    for (const { sql } of legal[service]) await app.query(sql);
    const before = await look(owner, names[service]);
    const statements = [...tricks(names[service]), ...illegal[service].map(({ sql }) => sql)];
    for (const sql of statements) {
      const answer = await answerTo(app, sql);
      const state = answer.split(' ')[0] ?? '';
      states.set(state, (states.get(state) ?? 0) + 1);
      if (answer === 'accepted' || isMisspelt(answer)) faults.push(`${answer}: ${sql}`);
    }
    for (const sql of warnedOf(names[service])) await answerTo(app, sql);
    faults.push(...unless((await look(owner, names[service])) === before, 'a row or the schema has changed'));
    faults.push(...unless(statements.length >= 80, `only ${statements.length} statements`));
    for (const sql of notRefusable)
      faults.push(...unless((await answerTo(app, sql)) === 'accepted', `now refused: ${sql}`));
    const told = [...states].toSorted((a, b) => b[1] - a[1]).map(([state, count]) => `${state} × ${count}`);
    return verdict(
      `illegal statements as ${names[service].app} are refused with an error, and change nothing`,
      `${statements.length} statements: ${told.join(', ')}`,
      faults,
    );
  } finally {
    await app.end();
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
    const strangers = [...(await otherDatabases(bookings, sessions)), ...(await otherDatabases(sessions, bookings))];
    return [
      await attack('bookings', stack.bookings),
      await attack('sessions', stack.sessions),
      verdict("neither application role can connect to the other service's database", '2 refused', strangers),
    ];
  } finally {
    await stack.close();
  }
};

export const database: Part = { name: 'database', run };
