import { onlyRow, type Queryable } from '@mentor-sessions/service-kit/database';
import type { Databases } from '../connections.ts';

/** Stage of the flow → how many passed it per minute; a stage that is not there is unknown. */
export type Rates = Readonly<Record<string, number | undefined>>;

// PostgreSQL counts inserts anyway; a partition that retention drops takes its count with it
const inserted = (table: string): string =>
  `coalesce(sum(n_tup_ins) filter (where relname like '${table}'), 0)::float8`;
const counters = `select ${inserted('outbox')} as written, ${inserted('outbox\\_published%')} as published,
    ${inserted('inbox')} as handled from pg_stat_user_tables where schemaname = 'public'`;

type Counters = Readonly<Record<'written' | 'published' | 'handled', number>>;

const MAX_ROWS = 10_000;

// by an index; if more rows than that are in the last minute, the rate follows from the time that they took
const transitions = `with latest as (select to_status, at from session_transitions
    where at > clock_timestamp() - interval '1 minute' order by at desc limit ${MAX_ROWS})
  select to_status as stage, (count(*) * 60 / case when (select count(*) from latest) < ${MAX_ROWS} then 60
    else greatest(extract(epoch from clock_timestamp() - (select min(at) from latest)), 1) end)::float8 as rate
  from latest group by 1`;

const WINDOW_MS = 60_000;
type Sample = { readonly at: number; readonly passed: Readonly<Record<string, number>> };

/** Over the last minute. Outboxes and queues have no rate before the second reading. */
export const createRates = ({ bookings, sessions }: Databases): (() => Promise<Rates>) => {
  let samples: Sample[] = [];
  const read = async (db: Queryable) => onlyRow(await db.query<Counters>(counters), 'statistics');
  const passed = async (): Promise<Sample['passed']> => {
    const [own, theirs] = await Promise.all([read(bookings), read(sessions)]);
    return {
      accepted: own.written,
      'bookings-outbox': own.published,
      'to-sessions': theirs.handled,
      'sessions-outbox': theirs.published,
      'to-bookings': own.handled,
    };
  };
  return async () => {
    const now = { at: performance.now(), passed: await passed() };
    const [first = now] = (samples = [...samples.filter(({ at }) => now.at - at <= WINDOW_MS), now]);
    const counted = Object.entries(now.passed).map(([stage, count]): readonly [string, number | undefined] => {
      const perMs = Math.max(0, count - (first.passed[stage] ?? count)) / (now.at - first.at);
      return [stage, first === now ? undefined : Math.round(perMs * WINDOW_MS)];
    });
    const moved = await sessions.query<{ stage: string; rate: number }>(transitions);
    const moves = moved.map(({ stage, rate }): readonly [string, number] => [stage, Math.round(rate)]);
    return { scheduled: 0, in_progress: 0, completed: 0, ...Object.fromEntries([...counted, ...moves]) };
  };
};
