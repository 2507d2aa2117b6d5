import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { createListener } from './listener.ts';
import { createWakeUpSignal, type WakeUpSignal } from './nudges.ts';

/** What a process is at, as cheap as two numbers: written for each message, read every few seconds. */
export type Activity = {
  started(messages: number): void;
  finished(messages: number): void;
  /** What was in hand is given back. */
  requeued(): void;
  inFlight(): number;
  /** Milliseconds since the epoch; null: none yet. */
  lastMessageAt(): number | null;
};

export const createActivity = (): Activity => {
  let inFlight = 0;
  let last: number | null = null;
  return {
    started: (messages) => {
      inFlight += messages;
      if (messages > 0) last = Date.now();
    },
    finished: (messages) => {
      inFlight = Math.max(0, inFlight - messages);
    },
    requeued: () => {
      inFlight = 0;
    },
    inFlight: () => inFlight,
    lastMessageAt: () => last,
  };
};

/** Whether a role of this process is to stand still, by an operator's wish. */
type PauseSwitch = {
  isPaused(): boolean;
  /** Aborted from the moment when work is to stand still; another one after each resume. */
  paused(): AbortSignal;
  /** Resolves when work may go on, or `over` is aborted. */
  whenResumed(over: AbortSignal): Promise<void>;
  set(isPaused: boolean): void;
};

export const createPauseSwitch = (): PauseSwitch => {
  let pausing = new AbortController();
  let resumed = Promise.withResolvers<void>();
  return {
    isPaused: () => pausing.signal.aborted,
    paused: () => pausing.signal,
    whenResumed: async (over) => {
      while (pausing.signal.aborted && !over.aborted) {
        const ended = Promise.withResolvers<void>();
        over.addEventListener('abort', () => ended.resolve(), { once: true });
        await Promise.race([resumed.promise, ended.promise]);
      }
    },
    set: (isPaused) => {
      if (isPaused === pausing.signal.aborted) return;
      if (isPaused) {
        resumed = Promise.withResolvers();
        pausing.abort();
      } else {
        pausing = new AbortController();
        resumed.resolve();
      }
    },
  };
};

/** Where operators.sql notifies workers. */
const OPERATIONS_CHANNEL = 'operations';

/** Roles that can stand still; an api cannot. */
const pausable = ['relay', 'consumer'] as const;
type PausableRole = (typeof pausable)[number];

/** This process as operators see it. */
export type Worker = Component & {
  readonly activity: Activity;
  readonly pauses: Readonly<Record<PausableRole, PauseSwitch>>;
  /** Replays were asked for. */
  readonly replays: WakeUpSignal;
  /** Events were asked for, to be published from their rows. */
  readonly emissions: WakeUpSignal;
};

type Options = {
  readonly databaseUrl: string;
  readonly roles: readonly string[];
  readonly version: string;
  readonly log: Logger;
};

const NOW = `date_trunc('milliseconds', clock_timestamp())`;

// Nothing is lost with a heartbeat: it waits for no standby, or while that is away each would leave a backend behind.
// A heartbeat, the question whether to stand still, and a look for replays that no notification told of: one statement.
const beatStatement = {
  name: 'worker-beat',
  text: `with beat as (
      insert into workers (id, roles, host, pid, version, in_flight, last_message_at, paused)
      values ($1, $2, $3, $4, $5, $6, date_trunc('milliseconds', to_timestamp($7::float8)), $8)
      on conflict (id) do update set seen_at = ${NOW}, in_flight = excluded.in_flight,
        last_message_at = excluded.last_message_at, paused = excluded.paused)
    select set_config('synchronous_commit', 'local', true), array(select target from paused_workers where target = any($2) or target = $1::text) as targets,
      exists (select from replays where finished_at is null) as "replaysWait",
      exists (select from emissions where finished_at is null) as "emissionsWait"`,
};

const goodbyeStatement = {
  name: 'worker-goodbye',
  text: `update workers set seen_at = ${NOW}, stopped_at = ${NOW}, in_flight = 0
    from (select set_config('synchronous_commit', 'local', true)) as quick where id = $1`,
};

type HeartbeatAnswer = {
  readonly targets: readonly string[];
  readonly replaysWait: boolean;
  readonly emissionsWait: boolean;
};

/**
 * Says every 5 s that this process lives and what it is at, on a connection of its own, and hears what operators want of
 * it within a moment. While the database is away nothing changes.
 */
export const createWorker = ({ databaseUrl, roles, version, log }: Options): Worker => {
  const id = randomUUID();
  const activity = createActivity();
  const pauses = { relay: createPauseSwitch(), consumer: createPauseSwitch() };
  const [replays, requests] = [createWakeUpSignal(), createWakeUpSignal()];
  const ownRoles = pausable.filter((role) => roles.includes(role));
  const pausedRoles = (): string[] => ownRoles.filter((role) => pauses[role].isPaused());

  const apply = ({ targets, replaysWait, emissionsWait }: HeartbeatAnswer): boolean => {
    const before = pausedRoles().join();
    for (const role of ownRoles) pauses[role].set(targets.includes(role) || targets.includes(id));
    if (replaysWait) replays.wake();
    if (emissionsWait) requests.wake();
    if (pausedRoles().join() === before) return false;
    log.info({ paused: pausedRoles() }, 'paused or resumed by an operator');
    return true;
  };

  const sendHeartbeat = async (client: pg.Client): Promise<void> => {
    const last = activity.lastMessageAt();
    const about = [id, roles, hostname(), process.pid, version];
    const now = [activity.inFlight(), last === null ? null : last / 1_000, pausedRoles()];
    const { rows } = await client.query<HeartbeatAnswer>({ ...beatStatement, values: [...about, ...now] });
    if (rows[0] && apply(rows[0])) await sendHeartbeat(client); // so that it shows at once
  };

  const listener = createListener({
    ...{ databaseUrl, channel: OPERATIONS_CHANNEL, name: 'operations', log, heartbeat: sendHeartbeat },
    onNotified: (client) => void sendHeartbeat(client).catch(() => undefined), // the next beat tells
    beforeClose: (client) => client.query({ ...goodbyeStatement, values: [id] }),
  });
  return { ...listener, activity, pauses, replays, emissions: requests };
};
