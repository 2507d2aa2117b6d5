import { LANE_COUNT } from './lane.ts';

/** What waits in an outbox: the columns of the query `outboxState`. */
export type OutboxState = {
  /** Rows not published yet, parked ones included. */
  readonly pending: number;
  readonly parked: number;
  /** Parked rows that relays retry automatically: the broker refuses them, or does not confirm them. */
  readonly retrying: number;
  /** Lag: age of the oldest row that relays try to publish; 0 if there is none. */
  readonly oldestAgeSeconds: number;
};

/** Rows are counted up to this number: counting a million would be the slowest of all queries. */
const COUNTED = 10_000;
const AGES = 1_000;

// each in the order of an index: without it the planner may read the whole table for a few rows
const count = (where: string, index: string): string =>
  `(select count(*)::float8 from (select from outbox where ${where} order by ${index} limit ${COUNTED}) counted)`;

/**
 * Costs the same whether ten rows wait or ten million. Up to 10,000 rows are counted; beyond that `pending` is the
 * planner's estimate, and the others stay at 10,000. The oldest of a lane is its first: positions rise with time.
 */
export const outboxState = `
  select case when counted.count < ${COUNTED} then counted.count
      else greatest(counted.count, c.reltuples / greatest(c.relpages, 1) * (pg_relation_size(c.oid) / 8192)) end::float8 as pending,
    ${count('parked_at is not null', 'aggregate_id, position')} as parked,
    ${count('retry_at is not null', 'type, retry_at')} as retrying,
    coalesce(extract(epoch from clock_timestamp() - least(
      (select min(first.created_at) from generate_series(0, ${LANE_COUNT - 1}) as n, lateral (
        select created_at from outbox where lane = n and parked_at is null order by position limit 1) first),
      (select min(created_at) from (
        select created_at from outbox where retry_at is not null order by type, retry_at limit ${AGES}) retried)
    )), 0)::float8 as "oldestAgeSeconds"
  from pg_class c, (select count(*) from (select from outbox limit ${COUNTED}) s) counted
  where c.oid = 'outbox'::regclass`;
