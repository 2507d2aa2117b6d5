import { setTimeout as sleep } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Component } from './lifecycle.ts';
import { setTracing } from './tracing.ts';

type TraceExport = {
  readonly endpoint: string;
  readonly service: string;
  readonly role: string;
  readonly log: Logger;
};

const EXPORT_EVERY_MS = 1_000;
const STOP_WITHIN_MS = 1_000;

/** Exports traces to an OTLP/HTTP collector while it runs. */
export const createTraceExport = ({ endpoint, service, role, log }: TraceExport): Component => {
  let shutDown = (): Promise<void> => Promise.resolve();
  return {
    name: 'tracing',
    start: async () => {
      // loaded here, so that a process that exports no traces does not pay for the SDK
      const [{ OTLPTraceExporter }, { resourceFromAttributes }, { BatchSpanProcessor, TracerProvider }] =
        await Promise.all([
          import('@opentelemetry/exporter-trace-otlp-http'),
          import('@opentelemetry/resources'),
          import('@opentelemetry/sdk-trace'),
        ]);
      const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
      const provider = new TracerProvider({
        resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'mentor-sessions', role }),
        spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: EXPORT_EVERY_MS })],
      });
      trace.setGlobalTracerProvider(provider);
      shutDown = () => provider.shutdown();
      setTracing(true);
      log.info({ endpoint }, 'exporting traces');
    },
    stop: async () => {
      setTracing(false);
      trace.disable();
      const stopped = shutDown().catch((err: unknown) => log.warn({ err }, 'last traces not exported'));
      await Promise.race([stopped, sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
    },
  };
};
