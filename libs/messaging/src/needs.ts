import type { Needs } from '@mentor-sessions/service-kit/database';

type Privileges = Needs['privileges'];

/** What every process with a worker does. */
const ofWorkers: Privileges = [
  'insert on workers',
  'update on workers',
  'select on paused_workers',
  'select on replays',
];

const ofTheRelay: Privileges = [
  'select on outbox',
  'update on outbox',
  'delete on outbox',
  'insert on outbox_published',
  'execute on outbox_claim',
  'execute on outbox_horizon',
  'execute on outbox_low_water_marks',
  'execute on outbox_move_to_published',
];

/** Of the relay role as well: it publishes what follows from time alone. */
const ofTheTimer: Privileges = [
  'select on timers',
  'update on timers',
  'delete on timers',
  'select on timer_events',
  'insert on timer_events',
  'insert on outbox',
];

const ofTheConsumer: Privileges = [
  'insert on outbox',
  'select on inbox',
  'insert on inbox',
  'select on dead_letters',
  'insert on dead_letters',
  'update on dead_letters',
  'update on replays',
];

/** What each role does in the database of a service, beside what it does in tables of the service's own: without it, the role is not ready. */
export const needsWith = (own: Readonly<Record<'api' | 'relay' | 'consumer', Privileges>>) =>
  ({
    api: {
      privileges: [
        ...ofWorkers,
        'insert on outbox',
        'select on idempotency_keys',
        'insert on idempotency_keys',
        ...own.api,
      ],
    },
    relay: {
      privileges: [...ofWorkers, ...ofTheRelay, ...ofTheTimer, ...own.relay],
      dailyTables: ['outbox_published'],
    },
    consumer: { privileges: [...ofWorkers, ...ofTheConsumer, ...own.consumer] },
    retention: {
      privileges: [
        'execute on outbox_published_drop_days',
        'execute on outbox_published_forget_stray',
        'execute on inbox_forget',
        'execute on workers_forget',
        'execute on idempotency_keys_forget',
      ],
    },
  }) satisfies Record<string, Needs>;
