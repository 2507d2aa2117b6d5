-- Brings the tables and functions of commit d11bd75 to those of today. To be removed after the first release.

alter table outbox add column retry_at timestamptz;
create index outbox_retry on outbox (type, retry_at) where retry_at is not null;
grant update (retry_at) on outbox to :app;
grant select on sequence outbox_position_seq to :app;

drop function outbox_claim(integer, bigint[], text);
drop function outbox_published_make_partitions(integer, timestamptz);
\ir outbox-functions.sql
\ir retention.sql
\ir emissions.sql

revoke select on outbox, outbox_published, dead_letters from :operator;
revoke insert (operator, action, reason, subject) on operator_actions from :operator;
\ir operators.sql

-- records of dropped events kept all of an event; now they keep what identifies it
update operator_actions set subject = jsonb_build_object('messages', (
  select jsonb_agg(jsonb_build_object('id', e->'id', 'type', e->'type', 'aggregate', e->'subject',
    'sequence', (e->>'sequence')::integer)) from jsonb_array_elements(subject->'messages') as e))
where action = 'outbox drop' and jsonb_typeof(subject->'messages') = 'array';
