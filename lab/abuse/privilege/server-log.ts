import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase, loadMigrations } from '@mentor-sessions/local-stack/databases';
import { ensureNativeBinaries, findPostgres } from '@mentor-sessions/local-stack/binaries';
import { startNativePostgres } from '@mentor-sessions/local-stack/native-postgres';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { makePrivateDirectory } from '@mentor-sessions/lab/servers/private-directory';
import { unless, verdict } from '../part.ts';
import type { Verdict } from '../part.ts';

const canary = 'CANARY-IN-THE-LOG';
/** What a DBA switches on to see what is slow: it must not show what people wrote. */
const talkative = {
  log_min_messages: 'info',
  log_min_duration_statement: '0',
  log_statement: 'all',
  log_duration: 'on',
  log_min_error_statement: 'error',
};

const insert = `insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
  values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $1, $2, $3, $4)`;
const [start, end] = ['2030-01-01T10:00:00Z', '2030-01-01T11:00:00Z'];
const metadata = JSON.stringify({ k: canary });

/** Good ones, and those whose refusal quotes the row, the value or the document. */
const statements: readonly (readonly [sql: string, values: readonly unknown[]])[] = [
  [insert, [start, end, canary, metadata]],
  [insert, [end, start, canary, metadata]],
  [insert, [start, null, canary, metadata]],
  [insert, [start, end, canary, `{"k": "${canary}`]],
  [insert, [start, end, canary, `["${canary}"]`]],
  ['select pg_sleep(0.01), $1::text', [canary]],
  [
    `insert into dead_letters (id, reason, queue, exchange, routing_key, body, properties, headers, attempts, fingerprint)
    values (gen_random_uuid(), 'no reason', 'q', 'e', 'k', $1, $2, $2, 1, '')`,
    [Buffer.from(canary), canary],
  ],
  [
    `insert into idempotency_keys (user_id, key, request_hash, asked_by, answer) values (gen_random_uuid(), '', '', '{}', $1)`,
    [metadata],
  ],
  ['select ($1::jsonb)->$2::integer', [`{"broken": "${canary}`, 1]],
];

/** A server of its own, as the shipped configurations set it, with everything on that a DBA may switch on. */
export const serverLog = async (): Promise<Verdict> => {
  await ensureNativeBinaries(() => undefined);
  const directory = await makePrivateDirectory('server-log');
  const server = await startNativePostgres(findPostgres() as string, join(directory.path, 'server'), talkative);
  try {
    const { adminDatabaseUrl, databaseUrl } = await createDatabase(server.adminUrl, 'bookings', { name: 'bookings' });
    await (await loadMigrations('bookings')).migrateUp(adminDatabaseUrl);
    const app = await connected(databaseUrl);
    let refused = 0;
    for (const [sql, values] of statements) await app.query(sql, [...values]).catch(() => refused++);
    await app.end();
    const log = readFileSync(join(directory.path, 'server/postgres.log'), 'utf8');
    const shown = log.split('\n').filter((line) => line.includes(canary));
    return verdict(
      'F52 no notes and no metadata in PostgreSQL’s log',
      `${log.split('\n').length} lines of ${statements.length} statements, ${refused} of them refused`,
      [
        ...unless(shown.length === 0, `the log shows: ${shown.slice(0, 3).join(' | ')}`),
        ...unless(log.includes('insert into bookings'), 'the log shows no statements: it proves nothing'),
        ...unless(refused >= 5, `only ${refused} were refused`),
      ],
    );
  } finally {
    await server.stop();
    await directory.remove();
  }
};
