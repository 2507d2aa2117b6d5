-- Ways around the guards that someone with the application's password may try: catalogues, settings, shadows, files, programs, other roles.
-- One statement a line, each tried alone. :table, :audit and the other names are those of the service.

-- catalogues
update pg_class set relowner = (select oid from pg_roles where rolname = ':app') where relname = ':table'
update pg_trigger set tgenabled = 'D' where tgrelid = ':table'::regclass
delete from pg_trigger where tgrelid = ':table'::regclass
delete from pg_constraint where conrelid = ':table'::regclass
update pg_proc set prosecdef = false where proname = ':guard'
update pg_authid set rolsuper = true where rolname = ':app'
insert into pg_auth_members select oid, oid, oid, true from pg_authid
select rolpassword from pg_authid
select passwd from pg_shadow
select * from pg_statistic
select * from pg_hba_file_rules
select * from pg_file_settings
select * from pg_user_mapping
select subconninfo from pg_subscription
select * from pg_largeobject
update pg_database set datallowconn = false
insert into pg_largeobject values (1, 0, '')

-- settings that put guards to sleep
set session_replication_role = 'replica'
set local session_replication_role = 'local'
select set_config('session_replication_role', 'replica', false)
alter role :app set session_replication_role = 'replica'
set allow_system_table_mods = on
set zero_damaged_pages = on
set ignore_checksum_failure = on
set log_statement = 'none'
set lo_compat_privileges = on
set session_preload_libraries = 'x'
set dynamic_library_path = '/tmp'
set log_min_messages = 'panic'
set max_connections = 1
alter system set fsync = off
alter system reset all
alter database postgres set session_replication_role = 'replica'
select pg_reload_conf()
select pg_rotate_logfile()

-- other roles
set role :owner
set role postgres
set role pg_write_all_data
set session authorization :owner
grant :owner to :app
grant pg_execute_server_program to :app
grant pg_read_server_files to :app
alter role :app superuser
alter role :app createrole
alter role :app bypassrls
alter role :app replication
alter role :app connection limit -1
alter role :owner password 'mine'
create role mine superuser login
drop role :owner
drop owned by :owner
reassign owned by :owner to :app

-- functions and triggers
create or replace function :guard() returns trigger language plpgsql as 'begin return null; end'
create or replace function public.date_trunc(text, timestamptz) returns timestamptz language sql as 'select now()'
create function pg_temp.now() returns timestamptz language sql as 'select null::timestamptz'
alter function :guard() owner to :app
alter function :guard() set search_path = public
drop function :guard() cascade
select :guard()
create trigger mine after insert on :table for each row execute function :guard()
alter table :table disable trigger user
alter table :table disable trigger all
alter table :table disable row level security
create event trigger mine on ddl_command_start execute function :guard()
create language plpython3u
create function mine() returns int language c as '/tmp/x.so', 'x'
create extension file_fdw
create extension dblink
create extension postgres_fdw
drop extension btree_gist cascade

-- shadows on the search path
create schema mine
create schema authorization :app
create table public.:table_shadow (like :table)
create temporary table :table (like public.:table)
create temporary table :audit (x int)
create temporary view :table as select 1
select * into temporary mine from :table
create table pg_temp.outbox (x int)
create view public.mine as select * from :table
create materialized view mine as select * from :table
create operator public.= (leftarg = uuid, rightarg = uuid, function = uuid_eq)
create type public.mine as enum ('a')
create domain public.mine as text
create cast (text as uuid) with inout as implicit
create rule mine as on update to :table do instead nothing
create policy mine on :table using (false)
create sequence mine
create statistics mine on id, version from :table
create aggregate mine (int) (sfunc = int4pl, stype = int)

-- tables
alter table :table drop column notes
alter table :table alter column status drop not null
alter table :table owner to :app
alter table :table rename to mine
alter table :table set unlogged
alter table :table inherit :audit
create table mine () inherits (:table)
create table mine partition of outbox_published for values from ('1999-01-01') to ('1999-01-02')
alter table outbox_published detach partition outbox_published_default
select outbox_published_make_partitions(31, '2100-01-01')
select outbox_published_make_partitions(0, timestamptz '2027-01-03')
select outbox_published_make_partitions_from('2100-01-01', 31)
select * from outbox_published_partitions()
drop table :table cascade
truncate :table, :audit cascade
delete from :table
delete from :audit
with gone as (delete from :audit returning *) select * from gone
insert into :audit select * from :audit
update :audit set at = now()
merge into :table t using :table s on t.id = s.id when matched then delete
insert into :table (id) overriding system value values (null)
lock table :audit in access exclusive mode
comment on table :table is 'mine'
security label on table :table is 'mine'
reindex table :audit
cluster :table
refresh materialized view :table
alter default privileges for role :owner grant all on tables to public
create publication mine for table :table
create subscription mine connection 'host=127.0.0.1' publication x

-- files, programs, the server itself
copy :table to program 'cat >/dev/null'
copy outbox (type) from program 'id'
copy :table to '/tmp/mine'
copy outbox from '/etc/passwd'
select pg_read_file('/etc/passwd')
select pg_read_binary_file('PG_VERSION')
select pg_ls_dir('/')
select pg_stat_file('PG_VERSION')
select pg_ls_logdir()
select pg_ls_waldir()
select lo_import('/etc/passwd')
select lo_export(1, '/tmp/mine')
select lo_get(1)
select lo_unlink(1)
select lo_creat(-1)
select lo_create(0)
select lo_from_bytea(0, '\x00')
select lo_put(1, 0, '\x00')
select lo_open(1, 131072)
select lowrite(0, '\x00')
load '/tmp/mine.so'
create tablespace mine location '/tmp'
create foreign data wrapper mine
create server mine foreign data wrapper mine
select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user
select pg_cancel_backend(pid) from pg_stat_activity where usename <> current_user
select pg_switch_wal()
select pg_create_restore_point('mine')
select pg_create_physical_replication_slot('mine')
select pg_create_logical_replication_slot('mine', 'test_decoding')
select pg_promote()
select pg_stat_reset()
checkpoint
drop database template1
create database mine
alter database postgres owner to :app
create access method mine type index handler x
select * from :other
select dblink('host=127.0.0.1', 'select 1')
