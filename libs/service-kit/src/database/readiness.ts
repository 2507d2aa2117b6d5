import type pg from 'pg';
import { distrust, run, withConnection, type Connection } from './connection.ts';
import { waitsForStandby } from './durability.ts';
import { requirementIn, RequirementNotMet } from './errors.ts';
import { refuseChangedSession } from './pooler.ts';
import { sessionOf, whyReadOnly } from './session.ts';

/** What a role needs in its database: `insert on outbox`, `execute on outbox_claim`. */
export type Needs = {
  readonly privileges: readonly `${'select' | 'insert' | 'update' | 'delete' | 'execute'} on ${string}`[];
  /** Partitioned by day: today's partition or the default one must be attached. */
  readonly dailyTables?: readonly string[];
  /** Whether a server that may lose acknowledged commits is accepted, for development. */
  readonly mayLoseCommits?: boolean | undefined;
};

type Facts = {
  readonly pid: number;
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  readonly undurable: string | null;
  readonly unlogged: string | null;
  readonly missing: string | null;
  readonly denied: string | null;
  readonly undivided: string | null;
  readonly confirms: boolean;
};

const statement = {
  name: 'readiness',
  text: `with asked as (
      select split_part(need, ' on ', 1) as privilege, split_part(need, ' on ', 2) as name from unnest($1::text[]) as need),
    needs as (select privilege, name, to_regclass(name) as relation from asked where privilege <> 'execute'),
    calls as (
      select name, count(p.oid) as found, bool_or(has_function_privilege(p.oid, 'execute')) as allowed
      from asked left join pg_proc p on p.proname = name and p.pronamespace = 'public'::regnamespace
      where privilege = 'execute' group by name)
  select pg_backend_pid() as pid, pg_is_in_recovery() as "isStandby",
    current_setting('transaction_read_only')::bool as "isReadOnly",
    (select bool_and(has_function_privilege(oid, 'execute')) from pg_proc where proname = 'pg_logical_emit_message') as confirms,
    (select string_agg(name, ' and ' order by name) from pg_settings
      where name in ('fsync', 'full_page_writes') and setting = 'off') as undurable,
    (select string_agg(distinct c.relname, ', ') from pg_class c where c.relpersistence <> 'p' and (
      c.oid in (select relation from needs)
      or c.oid in (select inhrelid from pg_inherits where inhparent in (select relation from needs)))) as unlogged,
    (select string_agg(distinct name, ', ') from (
      select name from needs where relation is null union all select name from calls where found = 0) gone) as missing,
    (select string_agg(privilege || ' on ' || name, ', ') from (
      select privilege, name from needs where not has_table_privilege(relation, privilege)
        and not case privilege when 'delete' then false else has_any_column_privilege(relation, privilege) end
      union all select 'execute', name from calls where not allowed) refused) as denied,
    (select string_agg(name, ', ') from unnest($2::text[]) as name where not exists (
      select from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = to_regclass(name)
        and c.relname in (name || '_default', name || to_char(now() at time zone 'utc', '"_"YYYYMMDD')))) as undivided`,
};

/** Orchestrators and Prometheus each ask every few seconds. */
const KEPT_MS = 1_000;

/**
 * A readiness check: true, or why the role cannot do its work in this database and what to change. A session that is unfit
 * leaves the pool with all older ones: a new one may be fit.
 */
export const createDatabaseCheck = ({ pool }: { readonly pool: pg.Pool }, needs: Needs) => {
  let last: Promise<true | string> | undefined;
  let askedAt = -Infinity;
  const lookOnce = async (): Promise<true | string> =>
    (await waitsForStandby(pool)) ? WITHOUT_STANDBY : withConnection(pool, (one) => look(one, needs));
  const check = (): Promise<true | string> =>
    lookOnce().catch((error: unknown) => {
      const sentence = requirementIn(error);
      if (sentence === undefined) throw error;
      distrust(pool);
      return sentence;
    });
  return (): Promise<true | string> => {
    if (last && performance.now() - askedAt < KEPT_MS) return last;
    askedAt = performance.now();
    return (last = check());
  };
};

const WITHOUT_STANDBY =
  'commits wait for a synchronous standby that is away: bring it back, or take it out of synchronous_standby_names';

const look = async (connection: Connection, needs: Needs): Promise<true> => {
  const values = [needs.privileges, needs.dailyTables ?? []];
  const facts = (await run(connection, statement, values)).rows[0] as Facts;
  const problem = whyReadOnly(facts) ?? problemIn(facts, needs);
  if (!problem && sessionOf(connection.client).pid === facts.pid) return true;
  connection.broken = true;
  if (problem) throw new RequirementNotMet(problem);
  return refuseChangedSession(connection.client);
};

const problemIn = (facts: Facts, { mayLoseCommits }: Needs): string | undefined => {
  if (facts.missing) return `missing in schema public: ${facts.missing}; run the migrations of this version`;
  if (!facts.confirms)
    return 'this login may not execute pg_logical_emit_message, which confirms what a synchronous standby has; grant it';
  if (facts.denied) return `this login lacks ${facts.denied}; grant it, or use the login of this service`;
  if (facts.undivided)
    return `no partition of ${facts.undivided} takes today's rows; attach its default partition again`;
  if (facts.unlogged)
    return `unlogged, so emptied by a crash: ${facts.unlogged}; run alter table … set logged for each`;
  if (facts.undurable && !mayLoseCommits)
    return `${facts.undurable} off in PostgreSQL: a crash loses what was acknowledged; switch on and restart the server`;
  return undefined;
};
