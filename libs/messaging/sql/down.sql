-- Drops everything that the other files of this folder make. outbox_published takes its partitions and their rows along.

drop function dead_letters_replay, dead_letters_discard, dead_letters_show, dead_letters_naming, outbox_bytes, outbox_unpark,
  outbox_drop, workers_pause, workers_resume, events_emit, events_resend, events_resent, outbox_published_drop_days,
  outbox_published_forget_stray, inbox_forget, workers_forget, outbox_life, outbox_horizon, outbox_low_water_marks,
  outbox_claim, outbox_park, outbox_move_to_published, outbox_try_move, outbox_published_partitions,
  outbox_published_make_partitions_from, outbox_published_make_partitions;
drop table emissions, paused_workers, workers, replays, operator_actions, dead_letters, inbox, outbox_published, outbox;
