import { statementPlans } from '@mentor-sessions/lab/every-service/statement-plans';
import { createOutbox } from '@mentor-sessions/messaging';
import type { Database } from '@mentor-sessions/service-kit/database';
import { createStatements } from '@mentor-sessions/service-kit/repository';
import { sessions } from '../src/database/entity.ts';
import { knownBookings } from '../src/database/statements.ts';
import { insertSessions, plainSession } from './plain-sessions.ts';

const { read, history, lockForTimer, update } = createStatements({
  table: sessions,
  guards: {},
  outbox: createOutbox({} as Database),
});
const rows = Array.from({ length: 60 }, (_, n) => plainSession(n));

statementPlans({
  service: 'sessions',
  fill: (app) => insertSessions(app, rows),
  statements: [read, history, lockForTimer, update.batch, update.alone, knownBookings],
});
