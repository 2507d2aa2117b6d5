import type { Queryable } from '@mentor-sessions/service-kit/database';
import { askBoth, byService, type Act, type Databases, type Service } from './databases.ts';

/** Which dead letters; what is not named does not matter. */
export type DeadLetterFilter = {
  readonly service?: Service | undefined;
  readonly queue?: string | undefined;
  readonly reason?: string | undefined;
  readonly type?: string | undefined;
  /** Fingerprint of a group. */
  readonly fingerprint?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly messageId?: string | undefined;
  /** First seen at or after, before. */
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** Default: those that nobody has resolved. */
  readonly state?: 'open' | 'resolved' | 'all' | undefined;
  /** Of each service, the oldest first; default: no limit. */
  readonly limit?: number | undefined;
};

export type DeadLetterGroup = {
  readonly service: Service;
  readonly queue: string;
  readonly reason: string;
  /** 32 hexadecimal digits: letters with the same queue and reason whose errors differ in ids and numbers only. */
  readonly fingerprint: string;
  readonly count: number;
  /** Arrivals: a poison that comes again raises this, not the count. */
  readonly timesSeen: number;
  readonly oldestAt: Date;
  readonly oldestAgeSeconds: number;
  readonly lastSeenAt: Date;
  /** Of the last one. */
  readonly lastError: string | null;
  /** The moment of the count, by the clock that also dates the letters: what came later is not in it. */
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
  /** A replay was asked for and has not been tried yet. */
  readonly replayWaits: boolean;
};

const withoutIds = `regexp_replace(regexp_replace(coalesce(last_error, ''), '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '#', 'gi'), '\\d+', '#', 'g')`;
const fingerprint = `left(encode(sha256(convert_to(jsonb_build_array(queue, reason, ${withoutIds})::text, 'UTF8')), 'hex'), 32)`;

const matching = `
  ($1::text is null or queue = $1) and ($2::text is null or reason = $2) and ($3::text is null or type = $3)
  and ($4::text is null or ${fingerprint} = $4) and ($5::uuid[] is null or id = any($5))
  and ($6::text is null or message_id = $6)
  and ($7::timestamptz is null or first_seen_at >= $7) and ($8::timestamptz is null or first_seen_at < $8)
  and case $9 when 'open' then resolved_at is null when 'resolved' then resolved_at is not null else true end`;

const valuesOf = (filter: DeadLetterFilter): unknown[] => {
  const { queue, reason, type, fingerprint, ids, messageId, since, until, state } = filter;
  const all = [queue, reason, type, fingerprint, ids, messageId, since, until, state ?? 'open'];
  return all.map((value) => value ?? null);
};

export const columns = `id, message_id as "messageId", type, queue, reason, ${fingerprint} as fingerprint,
  last_error as "lastError", attempts, times_seen as "timesSeen", first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt",
  resolution, resolved_at as "resolvedAt", resolved_by as "resolvedBy", resolution_note as "resolutionNote",
  exists (select from replays where dead_letter_id = dead_letters.id and finished_at is null) as "replayWaits"`;

const groups = `select queue, reason, ${fingerprint} as fingerprint, count(*)::integer as count, sum(times_seen)::integer as "timesSeen",
    min(first_seen_at) as "oldestAt", extract(epoch from clock_timestamp() - min(first_seen_at))::float8 as "oldestAgeSeconds",
    max(last_seen_at) as "lastSeenAt", (array_agg(last_error order by last_seen_at desc))[1] as "lastError",
    statement_timestamp() as "countedAt"
  from dead_letters where ${matching}
  group by 1, 2, 3 order by 4 desc, 1, 2, 3`;

/** Groups of alike dead letters, the largest of each service first. */
export const groupDeadLetters = (databases: Databases, filter: DeadLetterFilter = {}): Promise<DeadLetterGroup[]> =>
  ask(databases, filter, (db) => db.query<Omit<DeadLetterGroup, 'service'>>(groups, valuesOf(filter)));

/** Of many, the beginning of what was said; `show` has it whole. */
const briefly = columns.replace('last_error as', 'left(last_error, 500) as');

const list = `select ${briefly} from dead_letters where ${matching} order by first_seen_at, id limit $10`;

/** Dead letters, the oldest of each service first. */
export const listDeadLetters = (databases: Databases, filter: DeadLetterFilter = {}): Promise<DeadLetter[]> =>
  ask(databases, filter, (db) =>
    db.query<Omit<DeadLetter, 'service'>>(list, [...valuesOf(filter), filter.limit ?? null]),
  );

type Letter = Pick<DeadLetter, 'service' | 'id'>;

/** Resolves open dead letters without handling them; the rows stay. Returns how many were open. */
export const discardDeadLetters = async (
  databases: Databases,
  letters: readonly Letter[],
  act: Act,
): Promise<number> => {
  let discarded = 0;
  for (const { db, items } of byService(databases, letters)) {
    const ids = items.map(({ id }) => id);
    const rows = await db.query('select * from dead_letters_discard($1, $2, $3)', [ids, act.operator, act.reason]);
    discarded += rows.length;
  }
  return discarded;
};

const ask = <Row extends object>(
  databases: Databases,
  { service: only }: DeadLetterFilter,
  rowsOf: (db: Queryable) => Promise<Row[]>,
): Promise<(Row & { service: Service })[]> =>
  askBoth(databases, async (db, service) => (await rowsOf(db)).map((row) => ({ service, ...row })), only);
