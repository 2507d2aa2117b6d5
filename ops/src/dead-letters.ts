import { isUtf8 } from 'node:buffer';
import { readableStored } from '@mentor-sessions/service-kit/readable-error';
import { isUuid } from './command.ts';
import { actOn, readBoth, services, type Action, type Databases, type Service } from './connections.ts';

/** Which open dead letters; omitted fields match all. */
export type DeadLetterFilter = {
  readonly service?: Service | undefined;
  readonly queue?: string | undefined;
  readonly reason?: string | undefined;
  readonly type?: string | undefined;
  /** The fingerprint of a group. */
  readonly group?: string | undefined;
  readonly id?: readonly string[] | undefined;
  readonly messageId?: string | undefined;
  /** First seen at or after. */
  readonly since?: Date | undefined;
  /** First seen before. */
  readonly until?: Date | undefined;
  /** Of each service, oldest first; default and maximum: MAX_DEAD_LETTERS. */
  readonly limit?: number | undefined;
  /** As many of each service are skipped. */
  readonly offset?: number | undefined;
};

/** As many dead letters of each service as are counted, listed or acted on at a time, oldest first. */
export const MAX_DEAD_LETTERS = 10_000;

export type DeadLetterGroup = {
  readonly service: Service;
  readonly queue: string;
  readonly reason: string;
  /** 32 hexadecimal digits; the same for dead letters of a queue and reason whose errors differ only in ids and numbers. */
  readonly fingerprint: string;
  /** Event types that the senders claim. */
  readonly types: readonly string[];
  readonly count: number;
  /** Of these, those that wait for a replay, and those whose replay failed. */
  readonly replaying: number;
  readonly failedAgain: number;
  /** Arrivals: the same message again raises this, not the count. */
  readonly timesSeen: number;
  readonly oldestAt: Date;
  readonly oldestAgeSeconds: number;
  readonly lastSeenAt: Date;
  /** Of the latest. */
  readonly lastError: string | null;
  /** The count has those first seen before this time, by the database's clock. */
  readonly countedAt: Date;
};

export type DeadLetter = {
  readonly service: Service;
  readonly id: string;
  readonly messageId: string | null;
  readonly type: string | null;
  readonly queue: string;
  readonly reason: string;
  readonly fingerprint: string;
  readonly lastError: string | null;
  readonly attempts: number;
  readonly timesSeen: number;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly resolution: 'handled' | 'replayed' | 'discarded' | null;
  readonly resolvedAt: Date | null;
  readonly resolvedBy: string | null;
  readonly resolutionNote: string | null;
  /** A replay is requested and has not been tried yet. */
  readonly replayWaits: boolean;
  /** Replays that failed. */
  readonly failedAgain: number;
};

const withoutIds = `regexp_replace(regexp_replace(coalesce(last_error, ''), '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '#', 'gi'), '\\d+', '#', 'g')`;
const fingerprint = `left(encode(sha256(convert_to(jsonb_build_array(queue, reason, ${withoutIds})::text, 'UTF8')), 'hex'), 32)`;

/** $1 to $8; see `valuesOf`. */
const matching = `resolved_at is null
  and ($1::text is null or queue = $1) and ($2::text is null or reason = $2) and ($3::text is null or type = $3)
  and ($4::uuid[] is null or id = any($4)) and ($5::text is null or message_id = $5)
  and ($6::timestamptz is null or first_seen_at >= $6) and ($7::timestamptz is null or first_seen_at < $7)
  and ($8::text is null or ${fingerprint} = $8)`;

const valuesOf = ({ queue, reason, type, id, messageId, since, until, group }: DeadLetterFilter): unknown[] =>
  [queue, reason, type, id, messageId, since, until, group].map((value) => value ?? null);

// If there are more than MAX_DEAD_LETTERS, those of the last millisecond are left out: the groups then have exactly what
// was first seen before countedAt, so that an action on a group until that time finds as many.
const groups = `
  with oldest as materialized (
    select id, queue, reason, type, times_seen, first_seen_at, last_seen_at, last_error from dead_letters where ${matching}
    order by first_seen_at limit ${MAX_DEAD_LETTERS}),
  counted as materialized (
    select case when count(*) = ${MAX_DEAD_LETTERS} and min(first_seen_at) < max(first_seen_at)
      then date_trunc('milliseconds', max(first_seen_at)) end as up_to from oldest)
  select queue, reason, ${fingerprint} as fingerprint, count(*)::integer as count,
    array_remove(array_agg(distinct type), null) as types, count(*) filter (where waits)::integer as replaying,
    count(*) filter (where failed)::integer as "failedAgain", sum(times_seen)::integer as "timesSeen",
    min(first_seen_at) as "oldestAt", extract(epoch from clock_timestamp() - min(first_seen_at))::float8 as "oldestAgeSeconds",
    max(last_seen_at) as "lastSeenAt", (array_agg(last_error order by last_seen_at desc))[1] as "lastError",
    coalesce(up_to, statement_timestamp()) as "countedAt"
  from oldest cross join counted cross join lateral (
    select bool_or(finished_at is null) as waits, bool_or(outcome = 'dead') as failed from replays where dead_letter_id = oldest.id) r
  where up_to is null or first_seen_at < up_to
  group by 1, 2, 3, up_to order by 4 desc, 1, 2, 3`;

const readable = <Row extends { readonly lastError: string | null }>(row: Row): Row => ({
  ...row,
  lastError: row.lastError && readableStored(row.lastError),
});

/** Groups of similar dead letters, largest first in each service. */
export const groupDeadLetters = async (
  databases: Databases,
  filter: DeadLetterFilter = {},
): Promise<DeadLetterGroup[]> =>
  (await readBoth<DeadLetterGroup>(databases, groups, valuesOf(filter), filter.service)).map(readable);

const columns = (lastError: string): string => `id, message_id as "messageId", type, queue, reason,
  ${fingerprint} as fingerprint, ${lastError} as "lastError", attempts, times_seen as "timesSeen",
  first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt", resolution, resolved_at as "resolvedAt",
  resolved_by as "resolvedBy", resolution_note as "resolutionNote",
  exists (select from replays where dead_letter_id = dead_letters.id and finished_at is null) as "replayWaits",
  (select count(*)::integer from replays where dead_letter_id = dead_letters.id and outcome = 'dead') as "failedAgain"`;

const list = `select ${columns('left(last_error, 500)')} from dead_letters where ${matching}
  order by first_seen_at, id limit least($9::integer, ${MAX_DEAD_LETTERS}) offset $10`;

/** Oldest first in each service. Errors are shortened. */
export const listDeadLetters = async (databases: Databases, filter: DeadLetterFilter): Promise<DeadLetter[]> => {
  const values = [...valuesOf(filter), filter.limit ?? null, filter.offset ?? 0];
  return (await readBoth<DeadLetter>(databases, list, values, filter.service)).map(readable);
};

/** Resolves open dead letters without handling them; the rows stay. Returns how many were open. */
export const discardDeadLetters = async (
  databases: Databases,
  deadLetters: readonly DeadLetter[],
  action: Action,
): Promise<number> =>
  (await actOn(databases, 'select from dead_letters_discard($1, $2, $3)', deadLetters, action)).length;

export type Replay = {
  readonly id: number;
  readonly requestedAt: Date;
  readonly requestedBy: string;
  readonly reason: string;
  readonly tries: number;
  readonly finishedAt: Date | null;
  /** Null: it waits for a consumer. */
  readonly outcome: 'handled' | 'duplicate' | 'dead' | 'withdrawn' | null;
  readonly detail: string | null;
};

export type FullDeadLetter = DeadLetter & {
  /** Null if it is not UTF-8. */
  readonly body: string | null;
  readonly bodyBase64: string;
  /** Of the whole body; at most the first 256 KiB are shown. */
  readonly bodyBytes: number;
  readonly properties: unknown;
  readonly headers: unknown;
  /** The booking or session that the body names, to trace it; null if it names none. */
  readonly about: string | null;
  readonly exchange: string;
  readonly routingKey: string;
  readonly triedAt: Date | null;
  /** At most the latest 100. */
  readonly replays: readonly Replay[];
};

const MAX_SHOWN_BYTES = 262_144;

const full = `select ${columns('last_error')}, encode(substring(shown.body for ${MAX_SHOWN_BYTES}), 'base64') as "bodyBase64",
  octet_length(shown.body) as "bodyBytes", shown.properties, shown.headers, exchange,
  routing_key as "routingKey", tried_at as "triedAt"
  from dead_letters, dead_letters_show(id, $2, $3) as shown where id = $1`;

const replaysOf = `select * from (
    select id::float8 as id, requested_at as "requestedAt", requested_by as "requestedBy", reason, tries,
      finished_at as "finishedAt", outcome, detail from replays where dead_letter_id = $1 order by id desc limit 100) latest
  order by id`;

/** With body and headers, which may be private: reading them is recorded. Undefined if neither service has the id. */
export const showDeadLetter = async (
  databases: Databases,
  id: string,
  { operator, reason }: Action,
): Promise<FullDeadLetter | undefined> => {
  for (const service of services) {
    const db = databases[service];
    const values = [id, operator, reason];
    const [row] = await db.query<Omit<FullDeadLetter, 'service' | 'body' | 'about' | 'replays'>>(full, values);
    if (!row) continue;
    const bytes = Buffer.from(row.bodyBase64, 'base64');
    const body = isUtf8(bytes) ? new TextDecoder().decode(bytes) : null;
    return {
      service,
      ...readable(row),
      body,
      about: aboutOf(parsed(body)),
      properties: parsed(row.properties),
      headers: parsed(row.headers),
      replays: await db.query<Replay>(replaysOf, [id]),
    };
  }
  return undefined;
};

const aboutOf = (body: unknown): string | null => {
  const { correlationid, subject } = Object(body) as { readonly correlationid?: unknown; readonly subject?: unknown };
  return [correlationid, subject].find(isUuid) ?? null;
};

const parsed = (text: unknown): unknown => {
  try {
    return JSON.parse(String(text));
  } catch {
    return text;
  }
};
