import { services, type Act, type Databases } from './databases.ts';
import { columns, type DeadLetter } from './dead-letters.ts';
import { parsed, textOf } from './stored-text.ts';

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

export type DeadLetterInFull = DeadLetter & {
  /** As text where it is UTF-8, else null. */
  readonly body: string | null;
  readonly bodyBase64: string;
  /** Of the whole body; at most the first 256 KiB of it are shown. */
  readonly bodyBytes: number;
  readonly properties: unknown;
  readonly headers: unknown;
  readonly exchange: string;
  readonly routingKey: string;
  readonly triedAt: Date | null;
  readonly replays: readonly Replay[];
};

const MOST_BYTES = 262_144;

const inFull = `select ${columns}, encode(substring(shown.body for ${MOST_BYTES}), 'base64') as "bodyBase64",
  octet_length(shown.body) as "bodyBytes", shown.properties, shown.headers, exchange,
  routing_key as "routingKey", tried_at as "triedAt"
  from dead_letters, dead_letters_show(id, $2, $3) as shown where id = $1`;

const replaysOf = `select id::float8 as id, requested_at as "requestedAt", requested_by as "requestedBy", reason, tries,
  finished_at as "finishedAt", outcome, detail from replays where dead_letter_id = $1 order by id`;

/** One dead letter with body and headers, which may hold private words: who looked is recorded. Undefined if neither service has it. */
export const showDeadLetter = async (
  databases: Databases,
  id: string,
  { operator, reason }: Act,
): Promise<DeadLetterInFull | undefined> => {
  const values = [id, operator, reason];
  for (const service of services) {
    const db = databases[service];
    const [row] = await db.query<Omit<DeadLetterInFull, 'service' | 'body' | 'replays'>>(inFull, values);
    if (!row) continue;
    const body = textOf(Buffer.from(row.bodyBase64, 'base64'));
    const [properties, headers] = [parsed(row.properties), parsed(row.headers)];
    return { service, ...row, body, properties, headers, replays: await db.query<Replay>(replaysOf, [id]) };
  }
  return undefined;
};
