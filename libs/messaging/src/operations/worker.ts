import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { createListener } from '../listener.ts';
import { createNudges, type Nudges } from '../relay/wake-up.ts';
import { createActivity, type Activity } from './activity.ts';
import { createPauseSwitch, type PauseSwitch } from './pause-switch.ts';

/** Where operators.sql notifies workers. */
const OPERATIONS_CHANNEL = 'operations';

/** Roles that can stand still; an api cannot. */
const pausable = ['relay', 'consumer'] as const;
export type PausableRole = (typeof pausable)[number];

/** This process as operators see it. */
export type Worker = Component & {
  readonly activity: Activity;
  readonly pauses: Readonly<Record<PausableRole, PauseSwitch>>;
  /** Replays were asked for. */
  readonly replays: Nudges;
  /** Events were asked for, to be published from their rows. */
  readonly requests: Nudges;
};

type Options = {
  readonly databaseUrl: string;
  readonly roles: readonly string[];
  readonly version: string;
  readonly log: Logger;
};

const nowMs = `date_trunc('milliseconds', clock_timestamp())`;

// Nothing is lost with a heartbeat: it waits for no standby, or while that is away each would leave a backend behind.
// A heartbeat, the question whether to stand still, and a look for replays that no notification told of: one statement.
const beatStatement = {
  name: 'worker-beat',
  text: `with beat as (
      insert into workers (id, roles, host, pid, version, in_flight, last_message_at, paused)
      values ($1, $2, $3, $4, $5, $6, date_trunc('milliseconds', to_timestamp($7::float8)), $8)
      on conflict (id) do update set seen_at = ${nowMs}, in_flight = excluded.in_flight,
        last_message_at = excluded.last_message_at, paused = excluded.paused)
    select set_config('synchronous_commit', 'local', true), array(select target from paused_workers where target = any($2) or target = $1::text) as targets,
      exists (select from replays where finished_at is null) as "replaysWait",
      exists (select from emissions where finished_at is null) as "emissionsWait"`,
};

const goodbyeStatement = {
  name: 'worker-goodbye',
  text: `update workers set seen_at = ${nowMs}, stopped_at = ${nowMs}, in_flight = 0
    from (select set_config('synchronous_commit', 'local', true)) as quick where id = $1`,
};

type Wanted = { readonly targets: readonly string[]; readonly replaysWait: boolean; readonly emissionsWait: boolean };

/**
 * Says every 5 s that this process lives and what it is at, on a connection of its own, and hears what operators want of
 * it within a moment. While the database is away nothing changes.
 */
export const createWorker = ({ databaseUrl, roles, version, log }: Options): Worker => {
  const id = randomUUID();
  const activity = createActivity();
  const pauses = { relay: createPauseSwitch(), consumer: createPauseSwitch() };
  const [replays, requests] = [createNudges(), createNudges()];
  const mine = pausable.filter((role) => roles.includes(role));
  const standing = (): string[] => mine.filter((role) => pauses[role].isPaused());

  const obey = ({ targets, replaysWait, emissionsWait }: Wanted): boolean => {
    const before = standing().join();
    for (const role of mine) pauses[role].set(targets.includes(role) || targets.includes(id));
    if (replaysWait) replays.wake();
    if (emissionsWait) requests.wake();
    if (standing().join() === before) return false;
    log.info({ paused: standing() }, 'paused or resumed by an operator');
    return true;
  };

  const beat = async (client: pg.Client): Promise<void> => {
    const last = activity.lastMessageAt();
    const about = [id, roles, hostname(), process.pid, version];
    const now = [activity.inFlight(), last === null ? null : last / 1_000, standing()];
    const { rows } = await client.query<Wanted>({ ...beatStatement, values: [...about, ...now] });
    if (rows[0] && obey(rows[0])) await beat(client); // so that it shows at once
  };

  const listener = createListener({
    ...{ databaseUrl, channel: OPERATIONS_CHANNEL, name: 'operations', log, beat },
    onNotified: (client) => void beat(client).catch(() => undefined), // the next beat tells
    goodbye: (client) => client.query({ ...goodbyeStatement, values: [id] }),
  });
  return { ...listener, activity, pauses, replays, requests };
};
