import { askBoth, byService, type Act, type Databases, type Service } from './databases.ts';

export type Worker = {
  readonly service: Service;
  readonly id: string;
  readonly roles: readonly string[];
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: Date;
  readonly seenAt: Date;
  readonly seenAgeSeconds: number;
  /** silent: it has not been heard of for 15 s. */
  readonly state: 'running' | 'paused' | 'silent' | 'stopped';
  /** Of its roles, those that stand still now. */
  readonly paused: readonly string[];
  /** Of its roles, those that are to stand still. */
  readonly wantedPaused: readonly string[];
  /** Messages in its hands. */
  readonly inFlight: number;
  readonly lastMessageAt: Date | null;
};

/** What stands still by an operator's wish: a role in all its processes, or one process. */
export type Pause = {
  readonly service: Service;
  readonly target: string;
  readonly pausedAt: Date;
  readonly pausedBy: string;
  readonly reason: string;
};

/** Seconds without a heartbeat, three of which should have come. */
const SILENT_AFTER = 15;

const list = `select id, roles, host, pid, version, started_at as "startedAt", seen_at as "seenAt",
    extract(epoch from clock_timestamp() - seen_at)::float8 as "seenAgeSeconds",
    case when stopped_at is not null then 'stopped'
      when seen_at < clock_timestamp() - interval '${SILENT_AFTER} s' then 'silent'
      when paused <> '{}' then 'paused' else 'running' end as state,
    paused, array(select role from unnest(roles) role where role in ('relay', 'consumer')
      and exists (select from paused_workers where target in (role, id::text))) as "wantedPaused",
    in_flight as "inFlight", last_message_at as "lastMessageAt"
  from workers
  where $1 or (stopped_at is null and seen_at > clock_timestamp() - interval '1 hour')
  order by roles, host, pid, started_at`;

/** Processes by their heartbeats; those that ended, or are silent for more than an hour, only if `all` is asked for. */
export const listWorkers = (databases: Databases, { all = false } = {}): Promise<Worker[]> =>
  askBoth(databases, async (db, service) =>
    (await db.query<Omit<Worker, 'service'>>(list, [all])).map((row) => ({ service, ...row })),
  );

const pauses = `select target, paused_at as "pausedAt", paused_by as "pausedBy", reason from paused_workers order by target`;

export const listPauses = (databases: Databases): Promise<Pause[]> =>
  askBoth(databases, async (db, service) =>
    (await db.query<Omit<Pause, 'service'>>(pauses)).map((row) => ({ service, ...row })),
  );

/** `target`: `relay`, `consumer`, or the id of a worker. */
export type Target = { readonly service: Service; readonly target: string };

/** What comes later is paused as well when the target is a role. Throws when there is no such worker. */
export const pauseWorkers = async (databases: Databases, target: Target, act: Act): Promise<void> => {
  for (const { db } of byService(databases, [target]))
    await db.query('select workers_pause($1, $2, $3)', [target.target, act.operator, act.reason]);
};

/** False: it was not paused. */
export const resumeWorkers = async (databases: Databases, target: Target, act: Act): Promise<boolean> => {
  const answers = byService(databases, [target]).map(({ db }) =>
    db.query<{ resumed: boolean }>('select workers_resume($1, $2, $3) as resumed', [
      target.target,
      act.operator,
      act.reason,
    ]),
  );
  return (await Promise.all(answers)).flat().some(({ resumed }) => resumed);
};
