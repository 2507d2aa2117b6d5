-- What the operators' login may not do: read what is private, act without a record, change the record or what happened.
select notes from :table
select metadata from :table
select * from :table
copy :table to stdout
select :table from :table
select answer from idempotency_keys
update :table set version = version + 1
insert into :table select * from :table
insert into :audit select * from :audit
update dead_letters set resolved_at = now(), resolution = 'discarded', resolved_by = 'x'
update dead_letters set body = ''
delete from dead_letters
insert into replays (dead_letter_id, queue, requested_by, reason) values (gen_random_uuid(), 'q', 'x', 'y')
update replays set outcome = 'handled'
delete from replays
insert into outbox select * from outbox
update outbox set parked_at = null
update outbox set envelope = '{}'
delete from outbox
delete from outbox_published
delete from inbox
insert into paused_workers (target, paused_by, reason) values ('relay', 'x', 'y')
delete from paused_workers
delete from workers
insert into operator_actions (operator, login, action, reason, subject) values ('x', 'someone else', 'a', 'r', '{}')
insert into operator_actions (operator, at, action, reason, subject) values ('x', now() - interval '1 year', 'a', 'r', '{}')
insert into operator_actions (operator, action, reason, subject) values (' ', 'a', 'r', '{}')
insert into operator_actions (operator, action, reason, subject) values ('x', 'a', '', '{}')
update operator_actions set operator = 'someone else'
delete from operator_actions
truncate operator_actions
select dead_letters_replay('{}', '', 'no name')
select dead_letters_discard('{}', 'x', ' ')
select outbox_drop('{}', 'x', null)
select workers_pause('api', 'x', 'not one of those that can be paused')
select * from outbox_claim(1)
select * from outbox_horizon()
select envelope from outbox
select envelope from outbox_published
select body from dead_letters
select headers from dead_letters
select properties from dead_letters
select * from dead_letters
select outbox from outbox
select octet_length(envelope::text) from outbox
select id from dead_letters where body like '%a%'
copy outbox_published to stdout
select dead_letters_show('00000000-0000-7000-8000-0000000000bb', '', 'no name')
select dead_letters_show('00000000-0000-7000-8000-0000000000bb', 'x', ' ')
select events_resend('booking.accepted', now(), now(), 'q', 'x', '')
insert into operator_actions (operator, action, reason, subject) values ('x', 'events resend', 'r', '{}')
