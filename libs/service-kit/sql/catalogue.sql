-- Everything that makes up a database's schema, one line each, from PostgreSQL's catalogues. Two databases with the same
-- lines behave the same; in no order. (pg_dump 15 refuses newer servers, and its output depends on its version.)
--
-- Left out: the migrator's own table; the day partitions of outbox_published, which come and go by themselves; what an
-- extension brought; what servers from 17 on have beyond 15 (NOT NULL as constraints, the privilege MAINTAIN,
-- the option pg_attver of columns).

with relation as (
  select c.* from pg_class c left join pg_index i on i.indexrelid = c.oid
  where c.relnamespace = 'public'::regnamespace
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    and not exists (
      select from pg_class t left join pg_inherits h on h.inhrelid = t.oid
      where t.oid = coalesce(i.indrelid, c.oid)
        and (t.relname ~ '^migrations(_id_seq)?$' or t.relispartition and pg_get_expr(t.relpartbound, t.oid) <> 'DEFAULT'))
),
routine as (
  select f.* from pg_proc f where f.pronamespace = 'public'::regnamespace
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')
),
-- a column that was dropped and added again has another number, and the same place
place as (
  select attrelid, attname, row_number() over (partition by attrelid order by attnum) as nth
  from pg_attribute where attnum > 0 and not attisdropped
),
-- no entry in a catalogue means the default privileges
privilege (what, acl) as (
  select 'database', coalesce(datacl, acldefault('d', datdba)) from pg_database where datname = current_database()
  union all select 'schema public', coalesce(nspacl, acldefault('n', nspowner)) from pg_namespace where nspname = 'public'
  union all select relname, coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
    from relation where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all select relname || '.' || attname, attacl
    from relation join pg_attribute on attrelid = relation.oid where not attisdropped and attacl is not null
  union all select oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)) from routine
  union all select 'future ' || defaclobjtype::text || ' of ' || defaclrole::regrole, defaclacl from pg_default_acl
)

select 'relation ' || relname || ' kind ' || relkind::text || relpersistence::text || ' owner ' || relowner::regrole
  || coalesce(' partitioned by ' || pg_get_partkeydef(oid), '') || coalesce(' ' || pg_get_expr(relpartbound, oid), '')
  || case when relrowsecurity or relforcerowsecurity then ' row security' else '' end
  || ' replica identity ' || relreplident::text as line
  from relation
union all select 'option of ' || relname || ': ' || option from relation, unnest(reloptions) as option
union all select 'column ' || relname || '.' || a.attname || ' #' || nth || ' ' || format_type(a.atttypid, a.atttypmod)
  || case when a.attnotnull then ' not null' else '' end || ' identity "' || a.attidentity::text || '" generated "' || a.attgenerated::text
  || '" storage ' || a.attstorage::text || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  || coalesce(' collation ' || nullif(a.attcollation, 0)::regcollation, '') || coalesce(' options ' || (
    select array_agg(option) from unnest(a.attoptions) as option where option not like 'pg\_attver=%')::text, '')
  from relation join pg_attribute a on a.attrelid = relation.oid and a.attnum > 0 and not a.attisdropped
  join place p on p.attrelid = relation.oid and p.attname = a.attname
  left join pg_attrdef d on d.adrelid = relation.oid and d.adnum = a.attnum
  where relkind <> 'i' and relkind <> 'I'
union all select 'sequence ' || relname || ' ' || seqtypid::regtype || ' from ' || seqstart || ' by ' || seqincrement || ' within '
  || seqmin || '..' || seqmax || ' cache ' || seqcache || case when seqcycle then ' cycles' else '' end
  from relation join pg_sequence on seqrelid = relation.oid
union all select 'constraint ' || relname || '.' || conname || ' ' || pg_get_constraintdef(k.oid)
  from pg_constraint k join relation on relation.oid = k.conrelid where contype <> 'n' and conparentid = 0
union all select 'index ' || pg_get_indexdef(relation.oid) || case when indisvalid then '' else ' invalid' end
  from relation join pg_index on indexrelid = relation.oid
union all select 'view ' || relname || ' ' || pg_get_viewdef(oid) from relation where relkind in ('v', 'm')
union all select 'trigger ' || pg_get_triggerdef(t.oid) || ' ' || tgenabled::text
  from pg_trigger t join relation on relation.oid = tgrelid where not tgisinternal
union all select 'rule ' || pg_get_ruledef(r.oid) from pg_rewrite r join relation on relation.oid = ev_class where relkind not in ('v', 'm')
union all select 'policy ' || relname || '.' || polname || ' ' || polcmd::text || ' to ' || polroles::regrole[]::text
  || coalesce(' using ' || pg_get_expr(polqual, polrelid), '') || coalesce(' with check ' || pg_get_expr(polwithcheck, polrelid), '')
  from pg_policy join relation on relation.oid = polrelid
union all select 'statistics ' || pg_get_statisticsobjdef(oid) from pg_statistic_ext where stxnamespace = 'public'::regnamespace
union all select 'function ' || pg_get_functiondef(oid) || ' owner ' || proowner::regrole from routine where prokind <> 'a'
union all select 'type ' || typname || ' ' || typtype::text from pg_type t
  where typnamespace = 'public'::regnamespace and typtype in ('d', 'e', 'r')
    and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
union all select 'event trigger ' || evtname || ' ' || evtevent || ' ' || evtfoid::regprocedure from pg_event_trigger
union all select 'schema ' || nspname from pg_namespace where nspname !~ '^(pg_|information_schema$)'
union all select 'extension ' || extname || ' in ' || extnamespace::regnamespace from pg_extension
union all select 'comment ' || pg_describe_object(classoid, objoid, objsubid) || ': ' || description from pg_description
  where classoid in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_constraint'::regclass, 'pg_trigger'::regclass)
    and objoid in (select oid from relation union all select oid from routine)
union all select 'privilege on ' || what || ': ' || privilege_type || ' to '
  || case grantee when 0 then 'public' else grantee::regrole::text end || case when is_grantable then ' with grant option' else '' end
  from privilege, aclexplode(acl) where privilege_type <> 'MAINTAIN';
