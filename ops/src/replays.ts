import { setTimeout as pause } from 'node:timers/promises';
import { readUntilDone } from './command.ts';
import { actOn, queryBoth, type Action, type Databases, type Service } from './connections.ts';
import { MAX_DEAD_LETTERS, type DeadLetter, type Replay } from './dead-letters.ts';

/** A consumer of the dead letter's queue does the replay. */
type RequestedReplay = { readonly service: Service; readonly id: number };

const request = 'select replay::float8 as id from dead_letters_replay($1, $2, $3) as replay';

/** Returns at once. Skips dead letters that are resolved or already wait for a replay. */
export const requestReplays = (
  databases: Databases,
  deadLetters: readonly DeadLetter[],
  action: Action,
): Promise<RequestedReplay[]> => actOn<{ id: number }>(databases, request, deadLetters, action);

type Row = Pick<Replay, 'outcome' | 'detail'> & { readonly deadLetterId: string };

const results = `select outcome, detail, dead_letter_id as "deadLetterId" from replays where id = any($1::bigint[])`;

const readResults = async (databases: Databases, requested: readonly RequestedReplay[]) => {
  const rows = await queryBoth(databases, (db, service) =>
    db.query<Row>(results, [requested.filter((one) => one.service === service).map(({ id }) => id)]),
  );
  const count = (outcome: Row['outcome']): number => rows.filter((row) => row.outcome === outcome).length;
  const dead = rows.filter(({ outcome }) => outcome === 'dead');
  return {
    /** Took effect now. */
    handled: count('handled'),
    /** Had taken effect before. */
    duplicate: count('duplicate'),
    /** Failed again; `detail` has the new reason and error. */
    dead: dead.map(({ deadLetterId, detail }) => ({ deadLetterId, detail: detail ?? '' })),
    /** Discarded in the meantime. */
    withdrawn: count('withdrawn'),
    /** No consumer has tried it yet. */
    waiting: count(null),
  };
};

export type ReplayResults = Awaited<ReturnType<typeof readResults>>;

/** Replays that were requested together have ids in a row. */
export type ReplayRange = { readonly service: Service; readonly from: number; readonly to: number };

const range = `select r.id::float8 as id, r.dead_letter_id as "deadLetterId", r.requested_at as "requestedAt",
    r.requested_by as "requestedBy", r.reason, r.outcome, r.detail
  from replays r join replays first on first.id = $1 and (r.requested_by, r.reason) = (first.requested_by, first.reason)
  where r.id between $1 and $2 order by r.id limit ${MAX_DEAD_LETTERS}`;

/** Of replays that were requested together; empty if there are none. */
export const listReplays = (databases: Databases, { service, from, to }: ReplayRange) =>
  databases[service].query<Row & Pick<Replay, 'id' | 'requestedAt' | 'requestedBy' | 'reason'>>(range, [from, to]);

type Replaying = {
  readonly action: Action;
  /** Dead letters per second; default: as fast as the consumer handles them. */
  readonly rate?: number | undefined;
  /** How long to wait without progress, for example because no consumer runs. */
  readonly waitSeconds: number;
};

const CHUNK = 1_000;

/** Requests replays and waits for their results. Those still waiting at the end are done when a consumer runs. */
export const replayDeadLetters = async (
  databases: Databases,
  deadLetters: readonly DeadLetter[],
  { action, rate, waitSeconds }: Replaying,
): Promise<ReplayResults> => {
  const requested: RequestedReplay[] = [];
  const chunk = rate ?? CHUNK;
  for (let at = 0; at < deadLetters.length; at += chunk) {
    if (at > 0 && rate) await pause(1_000);
    requested.push(...(await requestReplays(databases, deadLetters.slice(at, at + chunk), action)));
  }
  const results = () => readResults(databases, requested);
  return readUntilDone(results, ({ waiting }) => waiting, waitSeconds);
};
