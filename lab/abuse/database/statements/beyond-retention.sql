-- Functions remove what is old, and only after it was kept for an hour at least; nothing is read.
select * from inbox
select * from outbox_published
select * from dead_letters
select * from idempotency_keys
delete from idempotency_keys
drop table outbox_published_default
truncate inbox
select inbox_forget(now(), interval '59 minutes', 1)
select inbox_forget(now(), interval '-1 day', 1)
select outbox_published_drop_days(now(), interval '0')
select outbox_published_make_partitions(1)
select * from outbox_horizon()
