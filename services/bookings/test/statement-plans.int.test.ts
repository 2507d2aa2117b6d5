import { statementPlans } from '@mentor-sessions/lab/every-service/statement-plans';
import { createOutbox } from '@mentor-sessions/messaging';
import type { Database } from '@mentor-sessions/service-kit/database';
import { createStatements } from '@mentor-sessions/service-kit/repository';
import { bookings } from '../src/database/entity.ts';
import { findInTheWay, guards } from '../src/database/statements.ts';
import { insertBookings, plainBooking } from './plain-bookings.ts';

const { read, history, lockForTimer, insert, update } = createStatements({
  table: bookings,
  guards,
  outbox: createOutbox({} as Database),
});
const rows = Array.from({ length: 60 }, (_, n) => plainBooking(n, { status: n % 2 === 0 ? 'draft' : 'accepted' }));

statementPlans({
  service: 'bookings',
  fill: (app) => insertBookings(app, rows),
  statements: [read, history, lockForTimer, insert.batch, insert.alone, update.batch, update.alone, findInTheWay],
});
