import { readFileSync } from 'node:fs';

export type Names = {
  readonly table: string;
  readonly audit: string;
  readonly guard: string;
  readonly app: string;
  readonly owner: string;
  readonly other: string;
};

type File = 'tricks' | 'beyond-operators' | 'beyond-reports' | 'beyond-retention';

/** The statements of a file, one a line; `:table` and the like stand for the names of a service. */
export const statementsIn = (file: File, names: Names): string[] =>
  readFileSync(new URL(`./statements/${file}.sql`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('--'))
    .map((line) => Object.entries(names).reduce((sql, [name, value]) => sql.replaceAll(`:${name}`, value), line));

const lane = 0x6c616e65;

const lockFunctions = [
  'pg_advisory_lock',
  'pg_try_advisory_lock',
  'pg_advisory_xact_lock',
  'pg_try_advisory_xact_lock',
];

const takeLocks = lockFunctions.flatMap((take) => [
  `select ${take}(${lane}, n) from generate_series(0, 15) n`,
  `select ${take}_shared(${lane}, 0)`,
  `select ${take}(1)`,
  `select ${take}_shared(1)`,
]);

/** The lanes that relays publish from are advisory locks: the application role alone may take any. */
export const locks: readonly string[] = [...takeLocks, 'select pg_advisory_unlock_all()'];

/** PostgreSQL refuses these to no login; docs/security.md says what bounds them. */
export const notRefusable: readonly string[] = [
  "select pg_notify('outbox', '')",
  'notify outbox',
  'listen outbox; unlisten outbox',
  'alter role current_user set application_name = default',
];

export const notRefusableToApp: readonly string[] = ['select pg_advisory_lock(1); select pg_advisory_unlock_all()'];

/** Of a role that has some rights on the table, none to give away, PostgreSQL only warns: nothing may change. */
export const warnedOf = ({ table, app, owner }: Pick<Names, 'table' | 'app' | 'owner'>): readonly string[] => [
  `grant all on ${table} to public`,
  `grant delete on ${table} to ${app}`,
  `revoke all on ${table} from ${owner}`,
];
