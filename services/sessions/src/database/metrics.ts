import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '@mentor-sessions/service-kit/database';
import { sampled } from '@mentor-sessions/service-kit/metrics';
import { sessionStatuses, type SessionStatus } from '../domain/session.ts';

type Counted = { readonly status: SessionStatus; readonly count: number };

const byStatus = 'select status, count from sessions_by_status()';

const EVERY_SECONDS = 60;

const overdue = 'select kind, count, oldest_age_seconds as age from overdue()';

type Overdue = { readonly kind: 'start' | 'completion'; readonly count: number; readonly age: number };

/** How many sessions came to be here, and how many there are. */
export const createSessionMetrics = (registry: Registry, db: Database) => {
  const sample = sampled(() => db.query<Counted>(byStatus), { everySeconds: EVERY_SECONDS });
  new Gauge({
    name: 'sessions_by_status',
    help: 'sessions, counted at most once a minute; of a table above 32 MB by the planner’s statistics',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      const rows = await sample();
      for (const status of sessionStatuses)
        this.set({ status }, rows ? (rows.find((row) => row.status === status)?.count ?? 0) : NaN);
    },
  });
  const sampleOverdue = sampled(() => db.query<Overdue>(overdue), { everySeconds: 5 });
  const overdueGauge = (name: string, help: string, of: 'count' | 'age') =>
    new Gauge({
      name,
      help,
      labelNames: ['kind'],
      registers: [registry],
      async collect() {
        const rows = await sampleOverdue();
        for (const kind of ['start', 'completion'])
          this.set({ kind }, rows?.find((row) => row.kind === kind)?.[of] ?? NaN);
      },
    });
  overdueGauge(
    'sessions_overdue',
    'sessions that ended within 24 hours and whose start or completion is overdue',
    'count',
  );
  overdueGauge('sessions_overdue_oldest_age_seconds', 'how long the oldest of them has been overdue', 'age');
  return {
    created: new Counter({
      name: 'sessions_created_total',
      help: 'sessions made of accepted bookings by this process',
      registers: [registry],
    }),
  };
};
