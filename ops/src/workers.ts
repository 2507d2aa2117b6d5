import { Command } from 'commander';
import { pausable } from '@mentor-sessions/messaging/operations';
import { printable } from '@mentor-sessions/service-kit/printable';
import { actionOf, answering, serviceOption, withActionOptions, type ActionOptions, type Cli } from './command.ts';
import { readBoth, type Action, type Databases, type Service } from './connections.ts';
import { UsageError } from './errors.ts';
import { age, counted, table, time } from './table.ts';

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
  /** silent: no heartbeat for 15 s. */
  readonly state: 'running' | 'paused' | 'silent' | 'stopped';
  /** Roles, and the timer of a relay, that are paused now. */
  readonly paused: readonly string[];
  /** What an operator has paused of it: `relay`, `timer`, `consumer`, or its own id. The process follows within a second. */
  readonly wantedPaused: readonly string[];
  /** Messages being handled. */
  readonly inFlight: number;
  readonly lastMessageAt: Date | null;
};

/** Paused by an operator: a role or the timer in all processes, or one process. */
type Pause = {
  readonly service: Service;
  readonly target: string;
  readonly pausedAt: Date;
  readonly pausedBy: string;
  readonly reason: string;
};

/** Three heartbeats. */
const SILENT_AFTER_SECONDS = 15;
const MAX_WORKERS = 1_000;

const list = `select id, roles, host, pid, version, started_at as "startedAt", seen_at as "seenAt",
    extract(epoch from clock_timestamp() - seen_at)::float8 as "seenAgeSeconds",
    case when stopped_at is not null then 'stopped'
      when seen_at < clock_timestamp() - interval '${SILENT_AFTER_SECONDS} s' then 'silent'
      when paused <> '{}' then 'paused' else 'running' end as state,
    paused, array(select target from paused_workers
      where target = any(roles) or target = id::text or (target = 'timer' and 'relay' = any(roles))) as "wantedPaused",
    in_flight as "inFlight", last_message_at as "lastMessageAt"
  from workers
  where $1 or (stopped_at is null and seen_at > clock_timestamp() - interval '1 hour')
  order by roles, host, pid, started_at limit ${MAX_WORKERS}`;

/** Processes by their heartbeats; with `all` also those that stopped or have been silent for more than an hour. */
export const listWorkers = (databases: Databases, all = false): Promise<Worker[]> => readBoth(databases, list, [all]);

const pauses = `select target, paused_at as "pausedAt", paused_by as "pausedBy", reason from paused_workers
  order by target limit ${MAX_WORKERS}`;

const listPauses = (databases: Databases): Promise<Pause[]> => readBoth(databases, pauses);

/** `target`: `relay`, `timer`, `consumer`, or the id of a worker. */
type Target = { readonly service: Service; readonly target: string };

/** A role that is paused is so in processes that start later, too. Throws if there is no such worker to pause. */
export const actOnWorkers = (
  databases: Databases,
  verb: 'pause' | 'resume',
  { service, target }: Target,
  { operator, reason }: Action,
) => databases[service].query(`select workers_${verb}($1, $2, $3)`, [target, operator, reason]);

export const workersCommand = (cli: Cli): Command =>
  new Command('workers')
    .description('running processes: list, pause, resume')
    .addCommand(listCommand(cli))
    .addCommand(pauseCommand(cli))
    .addCommand(resumeCommand(cli));

const listCommand = (cli: Cli): Command =>
  new Command('list')
    .description('which processes run, how many messages each handles, and what is paused')
    .option('--all', 'also stopped processes')
    .action(
      answering(cli, async ({ databases }, { all }: { all?: boolean }) => {
        const [workers, pauses] = [await listWorkers(databases, all), await listPauses(databases)];
        const needsAction = pauses.length > 0 || workers.some(({ state }) => state === 'silent');
        const text = [workersTable(workers), ...pauses.map(describePause)].join('\n');
        return { data: { workers, pauses }, text, needsAction };
      }),
    );

type TargetOptions = ActionOptions & { readonly service: Service };

const targetCommand = (name: string): Command =>
  withActionOptions(new Command(name))
    .argument('<target>', 'relay, timer, consumer, or the id of one worker')
    .addOption(serviceOption('its service').makeOptionMandatory());

const pauseCommand = (cli: Cli): Command =>
  targetCommand('pause')
    .description('pause within a second, until resumed; a role also in processes that start later')
    .action(
      answering(cli, async (context, target: string, options: TargetOptions) => {
        const { service, dryRun } = options;
        const workers = (await listWorkers(context.databases)).filter(
          (worker) => worker.service === service && (worker.id === target || worker.roles.includes(roleOf(target))),
        );
        if (workers.length === 0 && !Object.hasOwn(pausable, target))
          throw new UsageError(`${target} is none of relay, timer, consumer, nor the id of a worker.`);
        const action = actionOf(options, context);
        if (!dryRun) await actOnWorkers(context.databases, 'pause', { service, target }, action);
        const text = `${counted(workers.length, 'worker')} ${dryRun ? 'would be' : workers.length === 1 ? 'is' : 'are'} paused.`;
        return { data: { service, target, workers: workers.length }, text };
      }),
    );

const resumeCommand = (cli: Cli): Command =>
  targetCommand('resume')
    .description('resume what was paused')
    .action(
      answering(cli, async (context, target: string, options: TargetOptions) => {
        const { service, dryRun } = options;
        const action = actionOf(options, context);
        const pauses = await listPauses(context.databases);
        if (!pauses.some((pause) => pause.service === service && pause.target === target))
          throw new UsageError(`${target} of ${service} is not paused.`);
        if (!dryRun) await actOnWorkers(context.databases, 'resume', { service, target }, action);
        return { data: { service, target }, text: `${target} of ${service} ${dryRun ? 'would be' : 'is'} resumed.` };
      }),
    );

/** The role in which it runs. */
const roleOf = (target: string): string => (target === 'timer' ? pausable.timer : target);

/** `paused (timer)` where the rest runs. */
export const stateOf = ({ state, paused }: Pick<Worker, 'state' | 'paused'>): string =>
  state === 'paused' ? `paused (${paused.join(', ')})` : state;

const workersTable = (workers: readonly Worker[]): string =>
  table(
    workers.map((row) => ({
      service: row.service,
      roles: row.roles.join('+'),
      host: row.host,
      pid: row.pid,
      version: row.version,
      state: stateOf(row),
      seen: age(row.seenAgeSeconds),
      'in flight': row.inFlight,
      'last message': time(row.lastMessageAt),
      id: row.id,
    })),
  );

const describePause = ({ service, target, pausedBy, pausedAt, reason }: Pause): string =>
  printable(`${service} ${target} is paused by ${pausedBy} since ${time(pausedAt)}: ${reason}`);
