import { createHash } from 'node:crypto';
import type pg from 'pg';
import { schemaCatalogue } from './schema-catalogue.ts';

/**
 * A database from before the baseline that `file` brings to it, with its rows. To be removed after the first release:
 * `git grep d11bd75` finds every part.
 */
export type Adoption = { readonly file: string; readonly fingerprint: string };

/** What administrators may set up as they like. */
const ofTheAdministrator = /^(extension|schema|privilege on (database|schema public: .* to public|future)\b)/;

/**
 * The adoption, if this is its database: by the names of the migrations, and by everything that the catalogue says. None for
 * a database that is empty or has the baseline; any other is refused.
 */
export const toAdopt = async (
  owner: pg.Client,
  baseline: string,
  adoption?: Adoption,
): Promise<Adoption | undefined> => {
  const migrations = await executedIn(owner);
  if (migrations.includes(baseline)) return undefined;
  const catalogue = (await schemaCatalogue(owner)).filter((line) => !ofTheAdministrator.test(line));
  const isEmpty = !catalogue.some((line) => /^(relation|function|type) /.test(line));
  if (isEmpty && migrations.length === 0) return undefined;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([migrations, catalogue]))
    .digest('hex');
  if (fingerprint === adoption?.fingerprint) return adoption;
  throw new Error(
    'the database is neither empty, nor made by these migrations, nor exactly that of commit d11bd75: run them on an empty database, then copy the rows into it',
  );
};

const executedIn = async (owner: pg.Client): Promise<string[]> => {
  const { rowCount } = await owner.query(`select where to_regclass('public.migrations') is not null`);
  if (rowCount === 0) return [];
  return (await owner.query<{ name: string }>('select name from migrations order by id')).rows.map(({ name }) => name);
};
