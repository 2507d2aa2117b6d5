import type pg from 'pg';

/** All that makes a schema, one line each, from the catalogues: pg_dump 15 refuses newer servers. */
const lines = `
with ours as (select c.* from pg_class c where c.relnamespace = 'public'::regnamespace),
-- a column that was dropped and added again has another number, and the same place
places as (select attrelid, attname, row_number() over (partition by attrelid order by attnum) as place
  from pg_attribute where attnum > 0 and not attisdropped)
select 'relation ' || c.relname || ' ' || c.relkind::text || ' of ' || c.relowner::regrole from ours c
union all select 'rights on ' || c.relname || ' ' || acl from ours c, unnest(c.relacl::text[]) acl
union all select 'option of ' || c.relname || ' ' || option from ours c, unnest(c.reloptions) option
union all select 'column ' || c.relname || '.' || a.attname || ' #' || p.place || ' ' || format_type(a.atttypid, a.atttypmod)
  || case when a.attnotnull then ' not null' else '' end || ' ' || a.attidentity::text || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  from ours c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join places p on p.attrelid = c.oid and p.attname = a.attname
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
union all select 'rights on ' || c.relname || '.' || a.attname || ' ' || acl
  from ours c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped, unnest(a.attacl::text[]) acl
union all select 'constraint ' || conrelid::regclass || '.' || conname || ' ' || pg_get_constraintdef(k.oid)
  from pg_constraint k join ours c on c.oid = k.conrelid
union all select 'index ' || pg_get_indexdef(i.indexrelid) from pg_index i join ours c on c.oid = i.indrelid
union all select 'trigger ' || pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
  from pg_trigger t join ours c on c.oid = t.tgrelid where not t.tgisinternal
union all select 'function ' || pg_get_functiondef(f.oid) || ' of ' || f.proowner::regrole || ' ' || coalesce(f.proacl::text, 'default rights')
  from pg_proc f where f.pronamespace = 'public'::regnamespace
    and not exists (select from pg_depend d where d.objid = f.oid and d.deptype = 'e')
union all select 'extension ' || extname from pg_extension
union all select 'rights on schema ' || acl from pg_namespace, unnest(nspacl::text[]) acl where nspname = 'public'`;

export const schemaCatalogue = async (client: pg.Client): Promise<string[]> => {
  const { rows } = await client.query<{ line: string }>(
    `select line from (${lines}) as catalogue (line) order by line`,
  );
  return rows.map(({ line }) => line);
};
