#!/usr/bin/env node
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type { ConfirmChannel, Options } from 'amqplib';
import pg from 'pg';
import { printable, printableLines } from '@mentor-sessions/service-kit/printable';
import { readableStored } from '@mentor-sessions/service-kit/readable-error';
import { closeChannel, dropConnection, openConnection, userOf } from './broker/connect.ts';
import { serviceOf } from './broker/topology.ts';
import { senderOf } from './consumer/read-delivery.ts';
import { queueShelf, tableShelf, type Letter, type Shelf } from './dead-letters/shelf.ts';

const usage = `Usage: mentor-dead-letters <list|show|replay|discard> [id ...] [options]

The open dead letters of a subscriber: in its database, or without one in <queue>.dead.

  list                 one line for each
  show <id>            one with its message
  replay <id ...>      sends them to their queue again; a handled one is resolved
  discard <id ...>     resolves them without handling

  --database <url>     of the subscriber, with its own role      (default: DATABASE_URL)
  --schema <name>      of its tables                             (default: public)
  --amqp <url>         of the subscriber, with its own user      (default: AMQP_URL)
  --queue <name>       only of this queue; required without a database
  --all                instead of ids
  --because <reason>   required to replay and to discard
  --as <name>          who does it                               (default: the user of this computer)
`;

const text = { type: 'string' } as const;
const options = {
  database: text,
  schema: text,
  amqp: text,
  queue: text,
  because: text,
  as: text,
  all: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

type Given = ReturnType<typeof parse>;

const parse = () => {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command = '', ...ids] = positionals;
  const { DATABASE_URL, AMQP_URL } = process.env;
  const { database = DATABASE_URL, amqp = AMQP_URL, as = userInfo().username, because = '' } = values;
  return { ...values, command, ids, database, amqp, by: as, because };
};

const line = ({ id, lastSeenAt, queue, reason, times, replayedBy, delivery, error }: Letter): string => {
  const message = String(delivery.properties.messageId ?? '');
  const replay = replayedBy ? `, replay by ${replayedBy}` : '';
  return [id, lastSeenAt, queue, `${reason} (${times}x${replay})`, message === id ? '' : message, error]
    .filter((part) => part !== '')
    .map(printable)
    .join('  ');
};

const whole = ({ delivery: { content, properties }, ...letter }: Letter): string =>
  printableLines(JSON.stringify({ ...letter, properties, body: content.toString() }, null, 2));

const chosen = (letters: readonly Letter[], { ids, all }: Given): readonly Letter[] => {
  if (all) return letters;
  if (ids.length === 0) throw new Error('Name the dead letters by their ids, or --all.');
  return ids.map((id) => {
    const found = letters.find((letter) => letter.id === id || letter.delivery.properties.messageId === id);
    if (!found) throw new Error(`No open dead letter has the id ${printable(id)}.`);
    return found;
  });
};

const act = async (given: Given, shelf: Shelf, send: (letter: Letter) => Promise<void>): Promise<void> => {
  const { command, because, by } = given;
  const letters = (await shelf.open()).map((letter) => ({ ...letter, error: readableStored(letter.error) }));
  if (command === 'list') return print(letters.map(line).join('\n') || 'No open dead letters.');
  if (command === 'show') return chosen(letters, given).forEach((letter) => print(whole(letter)));
  if (because.trim() === '') throw new Error('Say why with --because.');
  for (const letter of chosen(letters, given)) {
    if (command === 'replay') await shelf.replay(letter, { by, because }, () => send(letter));
    else await shelf.discard(letter, { by, because });
    print(`${letter.id} ${command === 'replay' ? 'sent to its queue again' : 'discarded'}`);
  }
};

const openTables = async (
  { database, schema, queue }: Given,
  closing: AsyncDisposableStack,
): Promise<Shelf | undefined> => {
  if (!database) return undefined;
  const client = new pg.Client({ connectionString: database, application_name: 'mentor-dead-letters' });
  closing.defer(() => client.end());
  await client.connect();
  if (schema) await client.query(`set search_path = ${pg.escapeIdentifier(schema)}, pg_temp`);
  return tableShelf(client, queue);
};

const openBroker = async ({ amqp }: Given, closing: AsyncDisposableStack) => {
  if (!amqp) throw new Error('Name the broker with --amqp.');
  const broker = { urls: amqp.split(','), name: 'mentor-dead-letters' };
  const connection = await openConnection(broker, new AbortController().signal);
  connection.on('error', () => undefined); // what is under way rejects
  closing.defer(() => dropConnection(connection));
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  closing.defer(() => closeChannel(channel).catch(() => undefined)); // so that acknowledgements arrive
  return { channel, user: userOf(broker) };
};

/** Written by the broker or by a subscriber when they gave the message up. */
const ofDeath = /^x-(death|first-death|last-death|reason$|detail$|attempts$|delivery-count$)/;

type Broker = { readonly channel: ConfirmChannel; readonly user: string };

/**
 * Sends a message to the queue that it was in, and to no other. As the subscriber's own user, which may not claim another:
 * the broker vouches for it, and it vouches for the sender in x-sent-by.
 */
const sendAgain = async ({ channel, user }: Broker, { delivery, queue }: Letter): Promise<void> => {
  const { content, properties } = delivery;
  const [exchange, key] = [`${serviceOf(queue)}.dead`, `${queue}.again`];
  await channel.bindQueue(queue, exchange, key);
  const { messageId, type, contentType } = properties as Options.Publish;
  const kept = Object.entries(properties.headers ?? {}).filter(([name]) => !ofDeath.test(name));
  const headers = { ...Object.fromEntries(kept), 'x-sent-by': senderOf(delivery, user) };
  const same = { messageId, type, contentType } as Options.Publish;
  channel.publish(exchange, key, content, { ...same, userId: user, persistent: true, headers });
  await channel.waitForConfirms();
};

const run = async (): Promise<void> => {
  const given = parse();
  if (given.help) return print(usage);
  if (!['list', 'show', 'replay', 'discard'].includes(given.command)) throw new Error(usage);
  await using closing = new AsyncDisposableStack();
  const tables = await openTables(given, closing);
  if (!tables && !given.queue) throw new Error('Name the database with --database, or the queue with --queue.');
  const broker = !tables || given.command === 'replay' ? await openBroker(given, closing) : undefined;
  const shelf = tables ?? (broker && given.queue ? queueShelf(broker.channel, given.queue) : undefined);
  if (!shelf) return;
  await act(given, shelf, async (letter) => {
    if (broker) await sendAgain(broker, letter);
  });
};

await run().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
