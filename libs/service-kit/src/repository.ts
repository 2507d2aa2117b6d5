import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import { PostgresDialect } from 'kysely';
import { ormPool, rejectSurfaced, type Database } from './database.ts';
import { keysetFind, mergePages, scansOf, type Filter, type Page, type PageRequest } from './keyset.ts';
import { createReader, type Row, type Seen } from './repository/table.ts';
import { createWritePath, type Definition } from './repository/write-path.ts';

export { columnsOf, createReader, givenColumns, type Row, type Seen, type Table } from './repository/table.ts';
export { createStatements, type Guards, type Mode } from './repository/statements.ts';
export type { ChangeCommand, CreateCommand, Recorded } from './repository/write-path.ts';

/** The rows of one table: read, listed, and changed in one way. One pool for the explicit statements and for the ORM. */
export const openRepository = <R extends Row, Beside extends object, Event>(
  database: Database,
  definition: Definition<R, Beside, Event>,
) => {
  const { table, outbox } = definition;
  const { toRow } = createReader(table);
  const { read, ...path } = createWritePath(database, definition);
  let orm: MikroORM | undefined;
  const entityManager = () => {
    orm ??= new MikroORM(
      defineConfig({
        entities: [table.entity],
        dbName: 'of the pool', // required, but the pool alone decides
        ensureDatabase: false, // it would look for that name
        driverOptions: new PostgresDialect({ pool: ormPool(database.pool) }),
      }),
    );
    return orm.em.fork();
  };

  const findPage = async (conditions: object, page: PageRequest): Promise<R[]> => {
    const { where, options } = keysetFind(conditions, page);
    const rows = await entityManager().find(table.entity, where, options).catch(rejectSurfaced);
    return rows.map((row) => toRow(row as object));
  };

  return {
    ...database,
    ...path,
    announce: () => outbox.announce(),
    toRow,
    /** 404 if there is none. */
    get: async (id: string): Promise<Seen<R> & Beside> => {
      const found = await read(id);
      if (!found) throw table.notFound();
      return found;
    },
    /** A page of the rows of which one of `owners` is true: index scans for each, merged. */
    list: async (
      owners: readonly Readonly<Record<string, string>>[],
      filter: Filter & object,
      page: PageRequest,
    ): Promise<Page<R>> => {
      const pages = await Promise.all(scansOf(owners, filter).map((scan) => findPage(scan, page)));
      return mergePages(pages, page);
    },
  };
};
