\set app reviews_app
\ir ../sql/inbox.sql

alter table dead_letters drop constraint dead_letter_reason_is_known, add constraint dead_letter_reason_is_known check (reason in (
  'malformed', 'too-large', 'unknown-type', 'unknown-version', 'schema-violation', 'id-mismatch', 'content-mismatch',
  'forged-sender', 'handler-failed', 'delivery-limit', 'expired', 'queue-full', 'rejected', 'sent-to-dead-queue',
  'not-wanted'));

create table reviews (session_id uuid, message_id uuid);
grant select, insert on reviews to reviews_app;
