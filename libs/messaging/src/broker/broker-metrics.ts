import { Counter, Gauge, type Registry } from 'prom-client';
import type { ObserveConnection } from './connect.ts';

/** State of the broker connections; the label `connection` is their purpose. */
export const createBrokerMetrics = (registry: Registry): ObserveConnection => {
  const { connected, blocked, opened, failed } = createMetrics(registry);
  return (connection) => {
    for (const gauge of [connected, blocked]) gauge.set({ connection }, 0);
    for (const counter of [opened, failed]) counter.inc({ connection }, 0);
    return {
      opened: () => {
        opened.inc({ connection });
        connected.set({ connection }, 1);
      },
      ended: () => {
        connected.set({ connection }, 0);
        blocked.set({ connection }, 0);
      },
      failed: () => failed.inc({ connection }),
      blocked: (isBlocked) => blocked.set({ connection }, Number(isBlocked)),
    };
  };
};

const createMetrics = (registry: Registry) => {
  const more = { labelNames: ['connection'] as const, registers: [registry] };
  return {
    connected: new Gauge({ name: 'broker_connected', help: '1 while connected', ...more }),
    blocked: new Gauge({
      name: 'broker_blocked',
      help: '1 while the broker blocks publishing on this connection (memory or disk alarm)',
      ...more,
    }),
    opened: new Counter({ name: 'broker_connections_opened_total', help: 'connections opened', ...more }),
    failed: new Counter({
      name: 'broker_connection_failures_total',
      help: 'connections that could not be opened, or were lost',
      ...more,
    }),
  };
};
