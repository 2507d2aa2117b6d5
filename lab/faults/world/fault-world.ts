import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runOps, type Ran } from '@mentor-sessions/lab/run-ops';
import { startSystem } from '@mentor-sessions/local-stack/system';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import type { Broker } from '@mentor-sessions/local-stack/backing';
import { createAsking, createHttp, type Http } from '../driver/http.ts';
import { invite } from '../driver/people.ts';
import { startWorkload, usualLoad } from '../driver/workload.ts';
import type { Restored, Timing, Violation } from '../evidence/evidence.ts';
import { createHistory } from '../evidence/history.ts';
import { bindSpy } from '../evidence/spy.ts';
import type { Random } from '../random.ts';
import { openRows, type Rows } from '@mentor-sessions/lab/rows';
import type { Servers, Setting } from './servers.ts';
import { takeSchemaOf } from './earlier-version.ts';
import { onBroker, onPostgres } from './moved.ts';
import { hook, roleNames, services, startRole, type Role, type RoleName, type Service } from './roles.ts';

const SLOT_MS = 300_000;

/** Assigns free five-minute slots of each mentor, from tomorrow: enough for a long run within the bounds. */
const createHours = () => {
  const first = Math.ceil(Date.now() / SLOT_MS) * SLOT_MS + 288 * SLOT_MS;
  const next = new Map<number, number>();
  return (mentor: number): { start: string; end: string } => {
    const slot = next.get(mentor) ?? 0;
    next.set(mentor, slot + 1);
    const at = (n: number) => new Date(first + n * SLOT_MS).toISOString();
    return { start: at(slot), end: at(slot + 1) };
  };
};

/** What the test itself did to messages, so that the checker does not report it. */
const createDoings = () => ({
  poisoned: new Map<string, readonly string[]>(),
  ownMessages: new Set<string>(),
  ownBookings: new Set<string>(),
  wireHasGaps: false,
  /** At the end bookings must know the state of each session, since lost events were published again. */
  statesMustAgree: false,
  /** What a restore of one database took back, and what `ops reconcile` reports at the end. */
  restored: undefined as Restored | undefined,
});

export type WorldOptions = {
  readonly random: Random;
  readonly servers: Servers;
  readonly setting: Setting;
  readonly isSmall: boolean;
  readonly planted?: string | undefined;
  /** Relays and consumers record what they do, for the model. */
  readonly traces?: boolean | undefined;
  /** SQL that takes guards out of the databases, before any role runs. */
  readonly unguard?: Readonly<Partial<Record<Service, readonly string[]>>> | undefined;
};

/** On servers of its own a fault may name its databases as the guides do. */
const ownNames = { bookings: 'bookings', sessions: 'sessions' };

const PEOPLE = 8;
/** Nothing follows from time alone, unless a fault is about that. */
const usualTiming: Timing = { startingSoonSeconds: [1], completionGraceSeconds: 3_600 };
const environmentOf = ({ startingSoonSeconds, completionGraceSeconds }: Timing) => ({
  // bookings without a session are not announced again: that would hide what was lost
  REMIND_AFTER_SECONDS: '86400',
  STARTING_SOON_SECONDS: startingSoonSeconds.join(','),
  COMPLETION_GRACE_SECONDS: String(completionGraceSeconds),
});

const operatorOf = ({ bookings, sessions, operatorAmqpUrl }: TestStack) => ({
  BOOKINGS_OPERATOR_DATABASE_URL: bookings.operatorDatabaseUrl,
  SESSIONS_OPERATOR_DATABASE_URL: sessions.operatorDatabaseUrl,
  OPERATOR_AMQP_URL: operatorAmqpUrl,
  OPERATOR: 'olga',
  LOCAL_STACK_FOLDER: '/nowhere',
});

const inRotation = (roles: readonly Role[]): readonly Role[] => {
  const taking = roles.filter((role) => role.inRotation);
  return taking.length > 0 ? taking : roles;
};

/** Databases and a vhost of its own, every role as its own process, a subscriber of everything, and people who book. */
export const createFaultWorld = async ({
  random,
  servers,
  setting,
  isSmall,
  planted,
  traces,
  unguard,
}: WorldOptions) => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-fault-'));
  const { backing, archived } = servers;
  const adminUrls = archived && {
    bookings: archived.bookings.server.adminUrl,
    sessions: archived.sessions.server.adminUrl,
  };
  let stack = await createTestStack({ backing, adminUrls, ...(servers.newPostgres && { names: ownNames }) });
  const timing = setting.timing ?? usualTiming;
  const system = startSystem({ stack, env: environmentOf(timing) });
  const rows: Record<Service, Rows> = {
    bookings: openRows(stack.bookings.adminDatabaseUrl),
    sessions: openRows(stack.sessions.adminDatabaseUrl),
  };
  const running: Role[] = [];
  let opened = 0;
  const open = async (name: RoleName): Promise<Role> => {
    const role = await startRole(system, {
      name,
      setting: setting.roles?.[name] ?? {},
      logFile: join(directory, `${name.replace(' ', '-')}-${opened++}.log`),
      planted,
      isTraced: traces === true && !name.endsWith('api') && !name.endsWith('retention'),
      checkout: setting.checkout,
    });
    running.push(role);
    return role;
  };
  for (const service of ['bookings', 'sessions'] as const)
    for (const sql of unguard?.[service] ?? []) await rows[service].query(sql);
  if (setting.checkout) await takeSchemaOf(setting.checkout, stack);
  await bindSpy(stack.amqpUrl);
  const wanted = roleNames.flatMap((name) => Array<RoleName>(setting.roles?.[name]?.count ?? 1).fill(name));
  await Promise.all(wanted.map(open));
  await Promise.all(running.map((role) => role.waitReady()));

  const rolesOf = (name: RoleName): readonly Role[] => running.filter((role) => role.name === name);
  const httpOf = (name: RoleName) => createHttp(() => inRotation(rolesOf(name)).map(({ url }) => url));
  const http: Readonly<Record<Service, Http>> = { bookings: httpOf('bookings api'), sessions: httpOf('sessions api') };
  const history = createHistory();
  const leaks: string[] = [];
  const broken: Violation[] = [];
  const canary = `canary-${randomUUID()}`;
  let givenUp = false;
  const people = await invite(stack.token, PEOPLE);
  const ask = createAsking(http, history, leaks);
  const context = { ask, people, freeHour: createHours(), canary, givenUp: () => givenUp };
  const workload = startWorkload(context, { ...usualLoad, ...setting.load }, random.fork('workload'));
  return {
    random: random.fork('fault'),
    /** The small size, for `npm run lab`. */
    isSmall,
    servers,
    backing,
    get stack() {
      return stack;
    },
    timing,
    startConsole: system.startConsole,
    rows,
    workload,
    people,
    history,
    /** Promises that did not hold, beyond the invariants. */
    broken,
    /** Notes it as broken unless it is kept. */
    expect: (kept: boolean, says: string, witness: unknown = null): void => {
      if (!kept) broken.push({ invariant: 'promise', says, witness });
    },
    leaks,
    canary,
    http,
    doings: createDoings(),
    /** All processes of a role. */
    roles: rolesOf,
    /** Its first process. */
    role: (name: RoleName) => rolesOf(name)[0] as Role,
    allRoles: (): readonly Role[] => running,
    /** Starts one more process of a role. */
    addRole: async (name: RoleName): Promise<Role> => {
      const role = await open(name);
      await role.waitReady();
      return role;
    },
    /** The databases are on another server now, with the same names and passwords; each role has to be told. */
    moveDatabases: (adminUrl: string): void => {
      stack = onPostgres(stack, adminUrl);
      for (const service of services) {
        void rows[service].close();
        rows[service] = openRows(stack[service].adminDatabaseUrl);
      }
    },
    /** The broker is another one now, with the same vhost, users and passwords; each role has to be told. */
    moveBroker: (to: Pick<Broker, 'amqpUrl'>): void => void (stack = onBroker(stack, to)),
    /** For `npm run ops`. */
    operator: () => operatorOf(stack),
    /** The operators' command line as a process of its own, with the planted bug if there is one. */
    ops: (...args: string[]): Promise<Ran> =>
      runOps(args, {
        ...operatorOf(stack),
        ...(planted !== undefined && { NODE_OPTIONS: `--import ${hook}`, PLANTED: planted, FAULT_POINTS: '' }),
      }),
    /** What the processes wrote, by name of the log. */
    logs: async (): Promise<Map<string, string>> => {
      const texts = running.map(async ({ logFile }) => [basename(logFile), await readFile(logFile, 'utf8')] as const);
      return new Map(await Promise.all(texts));
    },
    /** From now on no one waits for anything any more. */
    giveUp: () => void (givenUp = true),
    close: async (): Promise<void> => {
      givenUp = true;
      await system.stop();
      await Promise.all(running.map((role) => role.close()));
      for (const one of Object.values(http)) one.close();
      for (const one of Object.values(rows)) await one.close();
      await stack.close().catch((error: unknown) => {
        const { pair, cluster, newBroker, newPostgres } = servers;
        if (!pair && !cluster && !newBroker && !newPostgres) throw error; // these go as a whole, whatever state they are in
      });
      await rm(directory, { recursive: true, force: true });
    },
  };
};

export type FaultWorld = Awaited<ReturnType<typeof createFaultWorld>>;
