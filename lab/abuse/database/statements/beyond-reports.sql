-- Reports need neither people nor messages, and remove nothing.
select mentee_user_id from :table
select version from :table
select actor_user_id from :audit
select envelope from outbox
select envelope from outbox_published
select body from dead_letters
select * from inbox
select * from operator_actions
select * from migrations
select inbox_forget(now(), interval '1 day', 1)
select * from outbox_horizon()
select * from outbox_published_drop_days(now(), interval '1 day')
