import { Counter, Gauge, type Registry } from 'prom-client';

/** State of the broker connections; the label `connection` is their purpose. */
export const createBrokerMetrics = (registry: Registry) => {
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

export type BrokerMetrics = ReturnType<typeof createBrokerMetrics>;
