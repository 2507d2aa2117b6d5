import { commandsOf } from '@mentor-sessions/lab/code-blocks';
import { query } from '@mentor-sessions/local-stack/databases';
import type { ArchivedPostgres } from '@mentor-sessions/lab/servers/archived-postgres';
import type { Restored } from '../evidence/evidence.ts';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import type { RoleName, Service } from '../world/roles.ts';
import { acceptAgain, bookLostHours, completeAgain, requestSome } from './after-restores.ts';
import { opsAnswer } from './ops-answer.ts';
import { seconds, until, untilPublished } from './steps.ts';

const guide = 'runbook.md';

/** The part of a row that a restore can change. */
const states: Readonly<Record<Service, string>> = {
  bookings: 'select id, status, version, session_id from bookings',
  sessions: 'select booking_id as id, status, version, id as session_id from sessions',
};

type State = { readonly id: string };

const statesOf = async (world: FaultWorld, service: Service): Promise<Map<string, State>> =>
  new Map((await world.rows[service].query<State>(states[service])).map((row) => [row.id, row]));

/** Bookings that were lost or returned to an earlier state. */
const differing = (before: ReadonlyMap<string, State>, after: ReadonlyMap<string, State>): Set<string> => {
  const changed = [...before.values()].filter((row) => JSON.stringify(row) !== JSON.stringify(after.get(row.id)));
  return new Set(changed.map(({ id }) => id));
};

const rolesOf = (service: Service): RoleName[] => [`${service} api`, `${service} relay`, `${service} consumer`];

const stopRoles = async (world: FaultWorld, service: Service): Promise<void> => {
  const roles = rolesOf(service).flatMap(world.roles);
  for (const role of roles) role.inRotation = false;
  await Promise.all(roles.map((role) => role.stop()));
};

type Lost = Omit<Restored, 'named'>;

/** Runs the commands of the guide word for word, under load. */
const restore = async (world: FaultWorld, service: Service): Promise<{ lost: Lost; since: string }> => {
  const server = world.servers.archived?.[service] as ArchivedPostgres;
  await server.shell(await commandsOf(guide, 'pg_basebackup'));
  await world.workload.more(150);
  const acceptThem = await requestSome(world);
  const to = performance.now();
  const clock = `select clock_timestamp()::text as at, (clock_timestamp() - interval '1 minute')::text as since`;
  const [time] = await query<{ at: string; since: string }>(server.server.adminUrl, clock);
  await acceptThem();
  await world.workload.more(250);
  await stopRoles(world, service);
  const before = await statesOf(world, service);
  await server.server.stop();
  await server.shell(await commandsOf(guide, 'mv "$PGDATA"'), { RESTORE_TO: time?.at ?? '' });
  await server.startRestored();
  const takenBack = differing(before, await statesOf(world, service));
  world.expect(takenBack.size > 50, 'the fault happened: much was taken back', takenBack.size);
  const at = performance.now();
  for (const name of rolesOf(service)) await world.addRole(name);
  return { lost: { service, takenBack, to, at }, since: new Date(time?.since ?? '').toISOString() };
};

type Drift = Restored['named'] & { readonly sent?: number };

/** The arguments of the guide's `npm run ops -- reconcile …`, with this time. */
const reconcileArguments = async (since: string): Promise<string[]> => {
  const line = await commandsOf(guide, 'npm run ops -- reconcile --since');
  const [, given = ''] = /^npm run ops -- (.*)\n$/.exec(line) ?? [];
  return [...given.replace(/--since \S+/, `--since ${since}`).matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );
};

const repairable = ['missing', 'gone', 'lost', 'session exists', 'in outbox'];

const isRepaired = ({ news, overdue }: Drift): boolean =>
  [...news, ...overdue].every(({ state }) => !repairable.includes(state));

/** Repeats the guide's command until it publishes nothing more; returns what it still reports. */
const reconcile = async (world: FaultWorld, since: string): Promise<{ drift: Drift; sent: number }> => {
  const command = [...(await reconcileArguments(since)), '--older-than', '2'];
  let drift: Drift = { news: [], overdue: [] };
  let sent = 0;
  const isDone = async (): Promise<boolean> => {
    drift = { ...drift, ...(await opsAnswer<Drift>(world, ...command)) };
    sent += drift.sent ?? 0;
    return isRepaired(drift);
  };
  world.expect(await until(isDone, 90_000), 'reconcile --emit repairs everything repairable', drift);
  return { drift, sent };
};

const LOAD = { bookings: 900, perSecond: 60 };
const REMIND_AFTER = { env: { REMIND_AFTER_SECONDS: '10' } };

type Case = Pick<Fault, 'id' | 'name' | 'promise' | 'how'> & {
  readonly service: Service;
  /** The users' requests before and after the reconciliation; each returns a description. */
  readonly goOn?: (world: FaultWorld, lost: Lost) => Promise<string>;
  readonly settle?: (world: FaultWorld, left: Drift) => Promise<string>;
};

const nothing = () => Promise.resolve('');

const restored = ({ service, goOn = nothing, settle = nothing, ...about }: Case): Fault => ({
  ...about,
  setting: () => ({ servers: 'archived', load: LOAD, roles: { 'bookings consumer': REMIND_AFTER } }),
  run: async (world) => {
    world.doings.statesMustAgree = true;
    const { lost, since } = await restore(world, service);
    const done = await goOn(world, lost);
    await seconds(3);
    const underLoad = await reconcile(world, since);
    const settled = await settle(world, underLoad.drift);
    setTimeout(world.giveUp, 60_000).unref();
    await world.workload.finish();
    for (const each of ['bookings', 'sessions'] as const) await untilPublished(world, each, 20_000);
    await seconds(3);
    const { drift, sent } = await reconcile(world, since);
    const overdue = drift.overdue.filter(({ state }) => state !== 'session exists'); // these are among the sessions
    world.doings.restored = { ...lost, named: { news: drift.news, overdue } };
    const left = [...Map.groupBy([...drift.news, ...overdue], ({ state }) => state)];
    return [
      `${lost.takenBack.size} bookings or their sessions taken back${done}${settled}`,
      `${underLoad.sent + sent} events published again`,
      `left: ${left.map(([state, { length }]) => `${length} ${state}`).join(', ') || 'nothing'}`,
    ].join('; ');
  },
});

export const restores: readonly Fault[] = [
  restored({
    id: 'F60',
    name: 'bookings restored to an earlier time while sessions continues',
    promise: '`ops reconcile` repairs or reports every difference, and nothing else',
    how: 'point-in-time recovery with the commands of the runbook; lost bookings are accepted again, cancelled, or their hours booked again; reconcile under load',
    service: 'bookings',
    goOn: async (world, { takenBack }) =>
      `, ${await acceptAgain(world, takenBack)}, ${await bookLostHours(world, takenBack)}`,
  }),
  restored({
    id: 'F60 sessions',
    name: 'the reverse',
    promise: '`ops reconcile` repairs or reports every difference, and nothing else',
    how: 'the same with sessions; lost sessions come back, half of those in an earlier state are completed again',
    service: 'sessions',
    settle: async (world, { news }) => `, ${await completeAgain(world, news)}`,
  }),
];
