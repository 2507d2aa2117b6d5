import { readFileSync } from 'node:fs';
import type { Service } from '@mentor-sessions/local-stack/system';

export const namesOf = (table: Service) => {
  const noun = table.slice(0, -1);
  const other = table === 'bookings' ? 'sessions' : 'bookings';
  return {
    table,
    audit: `${noun}_transitions`,
    guard: `${noun}_moves`,
    app: `${table}_app`,
    owner: `${table}_owner`,
    other,
  };
};

export type Names = Readonly<Record<keyof ReturnType<typeof namesOf>, string>>;

type File = 'tricks' | 'beyond-operators' | 'beyond-reports' | 'beyond-retention';

/** The statements of a file, one per line; `:table` and so on are replaced by the names of a service. */
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

/** Lanes of the relays are advisory locks, which only the application role may take. */
export const locks: readonly string[] = [...takeLocks, 'select pg_advisory_unlock_all()'];

/** PostgreSQL cannot refuse these to any login; docs/security.md says what limits them. */
export const notRefusable: readonly string[] = [
  "select pg_notify('outbox', '')",
  'notify outbox',
  'listen outbox; unlisten outbox',
  'alter role current_user set application_name = default',
];

export const notRefusableToApp: readonly string[] = ['select pg_advisory_lock(1); select pg_advisory_unlock_all()'];

/** If a role has rights on a table but no grant option, PostgreSQL only warns: nothing may change. */
export const warnedOf = ({ table, app, owner }: Pick<Names, 'table' | 'app' | 'owner'>): readonly string[] => [
  `grant all on ${table} to public`,
  `grant delete on ${table} to ${app}`,
  `revoke all on ${table} from ${owner}`,
];
