import type { Needs } from '@mentor-sessions/service-kit/database';

/** What every process with a worker does. */
const workerPrivileges: Needs['privileges'] = [
  'insert on workers',
  'update on workers',
  'select on paused_workers',
  'select on replays',
];

/** Of roles that write events: they are written with the change itself. */
export const announcerNeeds: Needs = { privileges: [...workerPrivileges, 'insert on outbox'] };

export const relayNeeds: Needs = {
  privileges: [
    ...workerPrivileges,
    'select on outbox',
    'update on outbox',
    'delete on outbox',
    'insert on outbox_published',
    'execute on outbox_claim',
    'execute on outbox_horizon',
    'execute on outbox_low_water_marks',
    'execute on outbox_move_to_published',
  ],
  dailyTables: ['outbox_published'],
};

/** Of the role that publishes what follows from time alone. */
export const timerNeeds: Needs = {
  privileges: [
    'select on timers',
    'update on timers',
    'delete on timers',
    'select on timer_events',
    'insert on timer_events',
    'insert on outbox',
  ],
};

/** Besides what its handlers write. */
export const consumerNeeds: Needs = {
  privileges: [
    ...workerPrivileges,
    'select on inbox',
    'insert on inbox',
    'select on dead_letters',
    'insert on dead_letters',
    'update on dead_letters',
    'update on replays',
  ],
};

/** As the retention role. */
export const messagingRetentionNeeds: Needs = {
  privileges: [
    'execute on outbox_published_drop_days',
    'execute on outbox_published_forget_stray',
    'execute on inbox_forget',
    'execute on workers_forget',
  ],
};
