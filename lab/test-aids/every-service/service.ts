import { afterAll, beforeAll } from '@jest/globals';
import type { EventDefinition } from '@mentor-sessions/contracts';
import type { Claims } from '@mentor-sessions/local-stack/tokens';
import type pg from 'pg';
import type { Call, Method } from '../api-client.ts';
import type { History } from '../history.ts';
import { startTestApi, type TestApi } from '../test-api.ts';

/** Writes a row with the application's role, but without its code. */
export type PlainRow = {
  readonly id: string;
  readonly status: string;
  readonly start: Date;
  readonly end: Date;
  readonly mentorProfileId: string;
  readonly menteeUserId: string;
};

/** A row that may be overdue. */
export type TimedRow = PlainRow & { readonly startedAt: Date };

export type Move = {
  readonly from: string;
  readonly to: string;
  readonly as: Claims;
  readonly events: readonly string[];
};

/** The columns that record who changed a row, and their values. */
type Signature = (action: string, userId: string) => Readonly<Record<string, unknown>>;

/** The description of a service for the tests that all services share. */
export type ServiceUnderTest = {
  readonly service: 'bookings' | 'sessions';
  readonly noun: string;
  readonly statuses: readonly string[];
  readonly versionIn: Readonly<Record<string, number>>;
  readonly moves: Readonly<Record<string, Move>>;
  /** The domain's rules again, as short as possible; mentor and mentee with their roles. */
  readonly may: (who: {
    readonly isMentor: boolean;
    readonly isMentee: boolean;
    readonly isTheMentee: boolean;
  }) => Readonly<Record<string, boolean>>;
  readonly plain: (n: number, wanted?: Partial<PlainRow>) => PlainRow;
  readonly insert: (app: pg.Client, rows: readonly PlainRow[]) => Promise<void>;
  readonly histories: (owner: pg.Client, ids: readonly string[]) => Promise<History[]>;
  readonly tables: { readonly rows: string; readonly transitions: string; readonly others: readonly string[] };
  readonly matrix: { readonly ofOne: string; readonly lists: string };
  /** In the row and in the response. */
  readonly signature: { readonly row: Signature; readonly answer: Signature };
  readonly documents: {
    readonly requests: string;
    readonly root: object;
    readonly says: readonly string[];
    readonly events: readonly EventDefinition[];
    readonly elsewhere: string;
    /** The link to it. */
    readonly otherService: string;
  };
  readonly lists: { readonly refused: readonly string[]; readonly actions: readonly (readonly string[])[] };
  /** How a row changes with time alone. */
  readonly overdue: {
    readonly field: 'attention' | 'expired';
    /** The rule again, as short as possible. */
    readonly of: (row: TimedRow, now: number) => unknown;
    /** For each query, whether it selects a row with this value of the field. */
    readonly filters: Readonly<Record<string, (value: unknown) => boolean>>;
    readonly insert: (
      clients: Readonly<Record<'app' | 'owner', pg.Client>>,
      rows: readonly TimedRow[],
    ) => Promise<void>;
  };
  readonly outage: readonly (readonly [Method, string, unknown?])[];
  readonly order: {
    readonly further: (id: string) => readonly Precedence[];
    readonly allowed: (id: string) => readonly (readonly [Method, string, string])[];
    readonly nothingAt: readonly string[];
  };
};

/** If a request fails two checks, the one in the response. */
export type Precedence = Call & {
  readonly earlier: string;
  readonly later: string;
  readonly method: Method;
  readonly path: string;
};

type Options = Parameters<typeof startTestApi>[0];

/** Shared by the test file: one API without special options for every `describe`. */
let shared: TestApi | undefined;
afterAll(() => shared?.stop());

// migrations write to them
const tablesOfRows = `select oid::regclass::text as name from pg_class
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
    and relname not in ('mikro_orm_migrations', 'booking_bounds')`;

const emptied = async (api: TestApi): Promise<TestApi> => {
  const { rows } = await api.owner.query<{ name: string }>(tablesOfRows);
  await api.owner.query(`truncate ${rows.map(({ name }) => name).join(', ')}`);
  return api;
};

/** An API for the tests of one `describe`, on empty tables; available inside tests only. */
export const testApi = ({ service, ...special }: Options): (() => TestApi) => {
  const isShared = Object.keys(special).length === 0;
  let api: TestApi;
  beforeAll(async () => {
    if (isShared) api = shared = shared ? await emptied(shared) : await startTestApi({ service });
    else api = await startTestApi({ service, ...special });
  });
  afterAll(() => (isShared ? undefined : api.stop()));
  return () => api;
};
