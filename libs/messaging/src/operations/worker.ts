import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { hostname } from 'node:os';
import type pg from 'pg';
import type { Logger } from 'pino';
import { createListener, createWakeUpSignal } from './listener.ts';

/** What a process is working on: two numbers, written for each message and read every few seconds. */
export const createActivity = () => {
  let inFlight = 0;
  let last: number | null = null;
  return {
    started: (messages: number): void => {
      inFlight += messages;
      if (messages > 0) last = Date.now();
    },
    finished: (messages: number): void => void (inFlight = Math.max(0, inFlight - messages)),
    /** Everything in flight was requeued. */
    requeued: (): void => void (inFlight = 0),
    inFlight: () => inFlight,
    /** Milliseconds since the epoch; null: none yet. */
    lastMessageAt: () => last,
  };
};

export type Activity = ReturnType<typeof createActivity>;

/** Whether an operator has paused a part of this process. `isHeld`: the part waits until the first `set`. */
export const createPauseSwitch = ({ isHeld = false } = {}) => {
  let pausing = new AbortController();
  let isKnown = !isHeld;
  if (isHeld) pausing.abort();
  const changes = new EventEmitter();
  return {
    isPaused: () => isKnown && pausing.signal.aborted,
    /** Aborted when the part is paused or held; a new signal after each resume. */
    paused: (): AbortSignal => pausing.signal,
    /** Resolves when the part may work, or `stopping` is aborted. */
    whenResumed: async (stopping: AbortSignal): Promise<void> => {
      while (pausing.signal.aborted && !stopping.aborted)
        await once(changes, 'resumed', { signal: stopping }).catch(() => undefined);
    },
    set: (isPaused: boolean): void => {
      isKnown = true;
      if (isPaused === pausing.signal.aborted) return;
      if (isPaused) return pausing.abort();
      pausing = new AbortController();
      changes.emit('resumed');
    },
  };
};

export type PauseSwitch = ReturnType<typeof createPauseSwitch>;

/** The channel that operator-functions.sql notifies. */
const OPERATIONS_CHANNEL = 'operations';

/** What can be paused, and the role in which it runs: a paused relay pauses its timer too. An api cannot be paused. */
export const pausable = { relay: 'relay', timer: 'relay', consumer: 'consumer' } as const;

type Pausable = keyof typeof pausable;

type Options = {
  readonly databaseUrl: string;
  readonly roles: readonly string[];
  readonly version: string;
  readonly log: Logger;
};

const NOW = `date_trunc('milliseconds', clock_timestamp())`;

// One statement: the heartbeat, what is paused, and whether replays or emissions wait whose notification was lost.
// It does not wait for a synchronous standby: nothing is lost with it, and during an outage each would keep a backend busy.
const heartbeatStatement = {
  name: 'worker-beat',
  text: `with beat as (
      insert into workers (id, roles, host, pid, version, in_flight, last_message_at, paused)
      values ($1, $2, $3, $4, $5, $6, date_trunc('milliseconds', to_timestamp($7::float8)), $8)
      on conflict (id) do update set seen_at = ${NOW}, in_flight = excluded.in_flight,
        last_message_at = excluded.last_message_at, paused = excluded.paused)
    select set_config('synchronous_commit', 'local', true),
      array(select target from paused_workers) as targets,
      exists (select from replays where finished_at is null) as "hasReplays",
      exists (select from emissions where finished_at is null) as "hasEmissions"`,
};

const stoppedStatement = {
  name: 'worker-goodbye',
  text: `update workers set seen_at = ${NOW}, stopped_at = ${NOW}, in_flight = 0
    from (select set_config('synchronous_commit', 'local', true)) as quick where id = $1`,
};

type HeartbeatRow = {
  readonly targets: readonly string[];
  readonly hasReplays: boolean;
  readonly hasEmissions: boolean;
};

/**
 * This process as operators see and control it. Records a heartbeat every 5 s on a connection of its own, and applies what
 * operators requested within a moment. While the database is unavailable nothing changes.
 */
export const createWorker = ({ databaseUrl, roles, version, log }: Options) => {
  const id = randomUUID();
  const activity = createActivity();
  // held until the first heartbeat has read what is paused; otherwise a paused part would work for a moment after a restart
  const held = () => createPauseSwitch({ isHeld: true });
  const pauses = { relay: held(), timer: held(), consumer: held() };
  const replays = createWakeUpSignal(); // of dead letters, which an operator requested
  const emissions = createWakeUpSignal(); // of events from their rows, which an operator requested
  const own = (Object.keys(pausable) as Pausable[]).filter((part) => roles.includes(pausable[part]));
  const paused = (): string[] => own.filter((part) => pauses[part].isPaused());

  /** Returns whether something was paused or resumed. */
  const apply = ({ targets, hasReplays, hasEmissions }: HeartbeatRow): boolean => {
    const before = paused().join();
    for (const part of own) pauses[part].set([part, pausable[part], id].some((target) => targets.includes(target)));
    if (hasReplays) replays.wake();
    if (hasEmissions) emissions.wake();
    if (paused().join() === before) return false;
    log.info({ paused: paused() }, 'paused or resumed by an operator');
    return true;
  };

  const heartbeat = async (client: pg.Client): Promise<void> => {
    const last = activity.lastMessageAt();
    const lastSeconds = last === null ? null : last / 1_000;
    const values = [id, roles, hostname(), process.pid, version, activity.inFlight(), lastSeconds, paused()];
    const { rows } = await client.query<HeartbeatRow>({ ...heartbeatStatement, values });
    if (rows[0] && apply(rows[0])) await heartbeat(client); // so that operators see it immediately
  };

  const listener = createListener({
    databaseUrl,
    channel: OPERATIONS_CHANNEL,
    name: 'operations',
    log,
    heartbeat,
    onNotified: (client) => void heartbeat(client).catch(() => undefined), // the next heartbeat reports it
    beforeClose: (client) => client.query({ ...stoppedStatement, values: [id] }),
  });
  return { ...listener, activity, pauses, replays, emissions };
};

export type Worker = ReturnType<typeof createWorker>;
