import { Counter, Gauge, type Registry } from 'prom-client';
import type { BrokerWatch } from '../broker/watch.ts';

/** How the connections to the broker fare; `connection` says what one is for. A process without any shows nothing. */
export const createBrokerMetrics = (registry: Registry): BrokerWatch => {
  let made: ReturnType<typeof metricsIn> | undefined;
  return (connection) => {
    const { connected, blocked, opened, failed } = (made ??= metricsIn(registry));
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

const metricsIn = (registry: Registry) => {
  const more = { labelNames: ['connection'] as const, registers: [registry] };
  return {
    connected: new Gauge({ name: 'broker_connected', help: '1 while the connection stands', ...more }),
    blocked: new Gauge({
      name: 'broker_blocked',
      help: '1 while the broker takes nothing on this connection (memory or disk alarm)',
      ...more,
    }),
    opened: new Counter({ name: 'broker_connections_opened_total', help: 'connections that were made', ...more }),
    failed: new Counter({
      name: 'broker_connection_failures_total',
      help: 'connections that could not be made, or were lost',
      ...more,
    }),
  };
};
