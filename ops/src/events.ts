import { randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { contentType } from '@mentor-sessions/contracts';
import { onlyRow, present } from '@mentor-sessions/service-kit/database';
import {
  actionOf,
  answering,
  moment,
  positive,
  readUntilDone,
  uuid,
  withActionOptions,
  type ActionOptions,
  type Cli,
} from './command.ts';
import { isProduction } from './config.ts';
import type { Action, Connections, Databases, Service } from './connections.ts';
import { UsageError } from './errors.ts';
import { assertHandles, publisherOf } from './event-types.ts';

export const eventsCommand = (cli: Cli): Command =>
  new Command('events')
    .description('resend published events to one queue, emit missing ones, send a sample')
    .addCommand(emitCommand(cli))
    .addCommand(resendCommand(cli))
    .addCommand(sampleCommand(cli));

// resend

type ResendOptions = ActionOptions & {
  readonly type: string;
  readonly queue: string;
  readonly since: Date;
  readonly until?: Date;
  /** Messages per second; default: as fast as the broker accepts them. */
  readonly rate?: number;
};

const resendCommand = (cli: Cli): Command =>
  withActionOptions(new Command('resend'))
    .description('send published events to one queue only, in order, with the same ids')
    .requiredOption('--type <type>', 'such as session.completed')
    .requiredOption('--queue <queue>', 'no other queue gets copies')
    .requiredOption('--since <time>', 'published at or after: 2026-11-24T10:00:00Z, or 3d for three days ago', moment)
    .option('--until <time>', 'published before; default: now', moment)
    .option('--rate <n>', 'messages per second; default: as fast as the broker accepts them', positive)
    .action(
      answering(cli, async (context, options: ResendOptions) => {
        const resending = { ...options, until: options.until ?? new Date(), action: actionOf(options, context) };
        const matching = await countResend(context, resending);
        const to = resending.queue;
        if (options.dryRun) return { data: { matching }, text: `${matching} would be sent to ${to}.` };
        const sent = await resend(context, resending);
        return { data: { matching, sent }, text: `${sent} of ${matching} sent to ${to}.` };
      }),
    );

type Selection = Pick<ResendOptions, 'type' | 'queue' | 'since' | 'rate'> & { readonly until: Date };
type Sources = Pick<Connections, 'databases' | 'broker'>;

// a message that was published several times counts once
const count = `select count(*)::float8 as count from outbox_published p
  where type = $1 and published_at >= $2 and published_at < $3
    and not exists (select from outbox_published first where first.aggregate_id = p.aggregate_id
      and first.message_id = p.message_id and first.position < p.position and first.published_at >= $2)`;

/** How many would be sent. Throws UsageError if the queue does not exist, or is one of ours that does not handle the type. */
export const countResend = async ({ databases, broker }: Sources, selection: Selection): Promise<number> => {
  assertHandles(selection.queue, selection.type);
  const { type, since, until } = selection;
  const rows = await databases[publisherOf(type)].query<{ count: number }>(count, [type, since, until]);
  const [state] = await (await broker()).readQueues([selection.queue]);
  if (state?.ready === null) throw new UsageError(`There is no queue ${selection.queue}.`);
  return present(onlyRow(rows, 'count of published events').count, 'count');
};

const PAGE = { rows: 500, bytes: 4 * 1024 * 1024 };

// bodies are readable only through the record of a resend, which says who reads them and why
const recordResend = 'select events_resend($1, $2, $3, $4, $5, $6)::text as id';
const readPage = `select position::float8 as position, message_id as "messageId", body
  from events_resent($1, $2, ${PAGE.rows}, ${PAGE.bytes})`;

type ResentRow = { readonly position: number; readonly messageId: string; readonly body: string };

/**
 * Sends published events straight to one queue, in order and with their ids, so that no one else gets copies. Returns how
 * many the broker confirmed. After an error it may be repeated from the beginning.
 */
export const resend = async (
  { databases, broker }: Sources,
  { type, since, until, queue, rate, action }: Selection & { readonly action: Action },
): Promise<number> => {
  assertHandles(queue, type);
  const { openSender } = await broker();
  const service = publisherOf(type);
  const db = databases[service];
  const values = [type, since, until, queue, action.operator, action.reason];
  const { id } = onlyRow(await db.query<{ id: string }>(recordResend, values), 'record of a resend');
  const sender = await openSender({ queue, type, contentType, userId: service });
  const chunk = rate ?? PAGE.rows;
  let sent = 0;
  try {
    for (let last = 0; ;) {
      const rows = await db.query<ResentRow>(readPage, [id, last]);
      if (rows.length === 0) return sent;
      for (let at = 0; at < rows.length; at += chunk) {
        if (rate && sent > 0) await pause(1_000);
        const messages = rows.slice(at, at + chunk);
        await sender.send(messages.map(({ messageId, body }) => ({ messageId, body: Buffer.from(body) })));
        sent += messages.length;
      }
      last = rows.at(-1)?.position ?? last;
    }
  } finally {
    await sender.close();
  }
};

// emit

type EmitOptions = ActionOptions & {
  readonly session?: string;
  readonly booking?: string;
  readonly type?: string;
  readonly again?: boolean;
  readonly wait: number;
};

const emitCommand = (cli: Cli): Command =>
  withActionOptions(new Command('emit'))
    .description('publish missing events of one session or booking, rebuilt from its row')
    .option('--session <id>', 'events of this session', uuid)
    .option('--booking <id>', 'events of this booking; booking.accepted with its original message id', uuid)
    .option('--type <type>', 'only this type; default: every event that the row implies')
    .option('--again', 'also events that are in the outbox or were published: every bound queue gets a copy')
    .option('--wait <seconds>', 'how long to wait for a consumer of the service to publish them', positive, 30)
    .action(
      answering(cli, async (context, options: EmitOptions) => {
        const { session, booking, type, again = false, wait } = options;
        const id = session ?? booking;
        if (!id || (session && booking)) throw new UsageError('Use either --session <id> or --booking <id>.');
        const service = session ? 'sessions' : 'bookings';
        if (options.dryRun) {
          const text = `${service} would be asked to emit ${type ?? 'missing events'} of ${id}.`;
          return { data: { service, id, type: type ?? null, again }, text };
        }
        const action = actionOf(options, context);
        const emitting = { service, ids: [id], type, again, action, waitSeconds: wait } as const;
        const [emitted] = await emitEvents(context.databases, emitting);
        if (!emitted) throw new Error('the emission request does not exist');
        return { data: emitted, text: describeEmitted(emitted), needsAction: emitted.outcome !== 'emitted' };
      }),
    );

type Emitting = {
  readonly service: Service;
  /** Of bookings or sessions. */
  readonly ids: readonly string[];
  /** Default: every event that the row implies. */
  readonly type?: string | undefined;
  /** Also events that are in the outbox or were published. */
  readonly again: boolean;
  readonly action: Action;
  readonly waitSeconds: number;
};

type Emitted = {
  readonly id: string;
  /** waits: no consumer of the service has taken the request yet. */
  readonly outcome: 'emitted' | 'refused' | 'failed' | 'waits';
  readonly detail: string | null;
};

const outcomes = `select aggregate_id as id, coalesce(outcome, 'waits') as outcome, detail from emissions
  where id = any($1::bigint[]) order by id`;

/** Requests events rebuilt from rows; a consumer of the service publishes them. Without one the request waits. */
export const emitEvents = async (databases: Databases, emitting: Emitting): Promise<Emitted[]> => {
  const { service, ids, type = null, again, action, waitSeconds } = emitting;
  const db = databases[service];
  const values = [ids, type, again, action.operator, action.reason];
  const requested = await db.query<{ id: string }>('select events_emit($1, $2, $3, $4, $5) as id', values);
  const requests = requested.map(({ id }) => id);
  const waiting = (emitted: readonly Emitted[]): number => emitted.filter(({ outcome }) => outcome === 'waits').length;
  return readUntilDone(() => db.query<Emitted>(outcomes, [requests]), waiting, waitSeconds);
};

const describeEmitted = ({ outcome, detail }: Emitted): string => {
  if (outcome === 'waits') return 'Not emitted yet; a consumer of the service will do it. Is one running?';
  if (outcome === 'emitted') return `${detail}.`;
  if (outcome === 'failed') return `Not emitted, the row cannot be read: ${detail}.`;
  return `Not emitted: ${detail}. To send published events to one queue, use ops events resend; to all, --again.`;
};

// sample

type SampleOptions = { readonly type: string; readonly queue: string; readonly messageId?: string };

/** Nothing is recorded: no one's data is read, and in production it is refused. */
const sampleCommand = (cli: Cli): Command =>
  new Command('sample')
    .description('send the golden example of an event to one queue, for developers of consumers')
    .requiredOption('--type <type>', 'such as session.completed')
    .requiredOption('--queue <queue>', 'no other queue gets it; not one of the two services')
    .option('--message-id <id>', 'send a copy of an earlier sample; default: a new event', uuid)
    .action(
      answering(cli, async (context, { type, queue, messageId = randomUUIDv7() }: SampleOptions) => {
        if (isProduction(context.io.env)) throw new UsageError('Samples are for development, not for production.');
        if (/^(bookings|sessions)\./.test(queue))
          throw new UsageError(`${queue} belongs to one of the two services. Use a queue of your own.`);
        const userId = publisherOf(type);
        const body = Buffer.from(JSON.stringify(sampleOf(type, messageId)));
        const broker = await context.broker();
        const [state] = await broker.readQueues([queue]);
        if (state?.ready === null) throw new UsageError(`There is no queue ${queue}.`);
        const sender = await broker.openSender({ queue, type, contentType, userId });
        await sender.send([{ messageId, body }]).finally(sender.close);
        return { data: { messageId, type, queue }, text: `${type} ${messageId} sent to ${queue}.` };
      }),
    );

/** With ids that follow from its message id, so that each sample has an effect and a copy of it has none. */
const sampleOf = (type: string, messageId: string): object => {
  const file = import.meta.resolve(`@mentor-sessions/contracts/fixtures/${type}.v1.json`);
  const text = readFileSync(fileURLToPath(file), 'utf8');
  const { id, data } = JSON.parse(text) as { id: string; data: { bookingId: string; sessionId: string } };
  const own = (n: number): string =>
    messageId.slice(0, -1) + ((Number.parseInt(messageId.slice(-1), 16) + n) % 16).toString(16);
  const withOwnIds = text
    .replaceAll(id, messageId)
    .replaceAll(data.bookingId, own(1))
    .replaceAll(data.sessionId, own(2));
  return JSON.parse(withOwnIds) as object;
};
