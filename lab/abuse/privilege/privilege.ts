import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase, loadMigrations } from '@mentor-sessions/local-stack/databases';
import { startNativePostgres } from '@mentor-sessions/local-stack/native-postgres';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { makePrivateDirectory } from '@mentor-sessions/lab/servers/private-directory';
import { unless, verdict, type Verdict, type Part } from '../part.ts';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { eventsExchange } from '@mentor-sessions/contracts';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';
import { readNotesBindings, takes } from '../../../ops/src/bindings.ts';

const canary = 'CANARY-IN-THE-LOG';
/** Settings that a DBA uses to find slow statements; they must not reveal private data. */
const talkative = {
  log_min_messages: 'info',
  log_min_duration_statement: '0',
  log_statement: 'all',
  log_duration: 'on',
  log_min_error_statement: 'error',
};

const insert = `insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
  values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $1, $2, $3, $4)`;
const [start, end] = [24, 25].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());
const metadata = JSON.stringify({ k: canary });

/** Valid statements, and some whose error quotes the row, the value or the document. */
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

/** A server with the shipped configuration and every such setting switched on. */
const serverLog = async (): Promise<Verdict> => {
  const directory = await makePrivateDirectory('server-log');
  const server = await startNativePostgres(join(directory.path, 'server'), {
    settings: talkative,
  });
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
      'F52 no notes or metadata in PostgreSQL’s log',
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

const notes = 'booking.accepted';
const words = ['booking', 'accepted', 'session', 'declined', '*', '#', ''];
const oneMore = (patterns: readonly string[]): string[] =>
  patterns.flatMap((pattern) => words.map((word) => `${pattern}.${word}`));
const twoWords = oneMore(words);
const patterns = [
  ...words,
  ...twoWords,
  ...oneMore(twoWords),
  'booking.accepted\n',
  '\nbooking.accepted',
  'booking.accepted ',
  'BOOKING.ACCEPTED',
  'booking..accepted',
  '#.#.#.#',
  'booking.#.#.accepted',
  'session.#\n',
  'session',
  'booking.accepted2',
  'booking.xaccepted',
];
const open = ['session.#', 'session.*', 'session.completed', 'booking.declined', 'booking.cancelled'];

/** Runs it on a channel of its own, since a refusal closes the channel; returns whether the broker allowed it. */
const isAllowed = async (
  connection: ChannelModel,
  act: (channel: ConfirmChannel) => Promise<unknown>,
): Promise<boolean> => {
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  try {
    await act(channel);
    await channel.close();
    return true;
  } catch (error) {
    if ((error as { code?: number }).code === 403) return false;
    throw error;
  }
};

const queue = 'curious.everything';

const bindAll = async (curious: ChannelModel): Promise<{ allowed: string[]; faults: string[] }> => {
  await isAllowed(curious, async (channel) => {
    await channel.assertQueue(queue);
    await channel.assertExchange('curious.relay', 'fanout');
    await channel.bindQueue(queue, 'curious.relay', '');
  });
  const allowed: string[] = [];
  const faults: string[] = [];
  for (const pattern of new Set([...patterns, ...open])) {
    const toQueue = await isAllowed(curious, (channel) => channel.bindQueue(queue, eventsExchange.name, pattern));
    const toExchange = await isAllowed(curious, (channel) =>
      channel.bindExchange('curious.relay', eventsExchange.name, pattern),
    );
    if (toQueue || toExchange) allowed.push(pattern);
    if ((toQueue || toExchange) && takes(pattern, notes)) faults.push(`may bind ${JSON.stringify(pattern)}`);
  }
  for (const pattern of open) faults.push(...unless(allowed.includes(pattern), `may not bind ${pattern}`));
  return { allowed, faults };
};

const publish = (vhost: Vhost, user: string, keys: readonly string[]): Promise<boolean> =>
  asUser(vhost, user, (connection) =>
    isAllowed(connection, async (channel) => {
      for (const key of keys) channel.publish(eventsExchange.name, key, Buffer.from(`{"of":"${key}"}`));
      await channel.waitForConfirms();
    }),
  );

const asUser = async <T>(vhost: Vhost, user: string, act: (connection: ChannelModel) => Promise<T>): Promise<T> => {
  const connection = await connect(user === 'developer' ? vhost.amqpUrl : (vhost.urls[user] ?? ''));
  connection.on('error', () => undefined);
  try {
    return await act(connection);
  } finally {
    await connection.close().catch(() => undefined);
  }
};

const received = async (vhost: Vhost): Promise<string[]> =>
  asUser(vhost, 'developer', async (connection) => {
    const channel = await connection.createChannel();
    const bodies: string[] = [];
    for (let got = await channel.get(queue); got; got = await channel.get(queue)) {
      bodies.push(got.content.toString());
      channel.ack(got);
    }
    return bodies;
  });

/** A binding from before the permission is reported with the command that removes it; the command works. */
const outlived = async (vhost: Vhost): Promise<string[]> => {
  const name = `curious.it's "old"`;
  await asUser(vhost, 'developer', async (connection) => {
    const channel = await connection.createChannel();
    await channel.assertQueue(name);
    await channel.bindQueue(name, eventsExchange.name, 'booking.#');
    await channel.bindQueue('curious.everything', eventsExchange.name, '#', { of: 'an argument' });
  });
  const look = () => readNotesBindings(vhost.operatorManagementUrl, vhost.operatorAmqpUrl);
  const found = await look();
  const faults = unless(
    JSON.stringify(found.map(({ destination, routingKey }) => [destination, routingKey]).toSorted()) ===
      JSON.stringify(
        [
          [queue, '#'],
          [name, 'booking.#'],
        ].toSorted(),
      ),
    `found ${JSON.stringify(found)}`,
  );
  const { username, password } = new URL(testBacking().broker.managementUrl ?? '');
  for (const { remove } of found) {
    const [, url = ''] = /^curl -u ADMINISTRATOR -X DELETE '([^']+)'$/.exec(remove) ?? [];
    const authorization = `Basic ${Buffer.from(`${username}:${decodeURIComponent(password)}`).toString('base64')}`;
    const { status } = await fetch(url, { method: 'DELETE', headers: { authorization } });
    faults.push(...unless(status === 204, `${remove} gave ${status}`));
  }
  return [...faults, ...unless((await look()).length === 0, 'a binding is left')];
};

/** Another service on the broker, with the permissions of docs/for-event-consumers.md. */
const subscribers = async (): Promise<Verdict[]> => {
  const vhost = await createVhost(testBacking().broker, { subscribers: ['curious'] });
  try {
    await asUser(vhost, 'developer', async (connection) => {
      const channel = await connection.createChannel();
      await channel.assertExchange(eventsExchange.name, eventsExchange.type, { durable: true });
    });
    const { allowed, faults } = await asUser(vhost, 'curious', bindAll);
    await publish(vhost, 'bookings', [notes, notes, 'booking.declined']);
    await publish(vhost, 'sessions', ['session.completed']);
    const seen = new Set(await received(vhost));
    faults.push(...unless(!seen.has(`{"of":"${notes}"}`), 'notes were delivered'));
    faults.push(...unless(seen.size === 2, `delivered: ${[...seen].join(', ')}`));
    return [
      verdict(
        'F52 subscribers bind every event but those that carry notes',
        `${patterns.length} patterns, to a queue and an exchange: ${allowed.length} allowed, none takes ${notes}`,
        faults,
      ),
      verdict('F52 status names older bindings; its command removes them', '2 of 2', await outlived(vhost)),
    ];
  } finally {
    await vhost.close();
  }
};

/** F52: what other services, operators and the server's log must not see. Further checks are in `database` and `supply`. */
export const privilege: Part = { name: 'privilege', run: async () => [...(await subscribers()), await serverLog()] };
