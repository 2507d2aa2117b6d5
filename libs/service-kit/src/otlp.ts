import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

const EXPORT_EVERY_MS = 1_000;

/** Sets up the OpenTelemetry SDK with an OTLP/HTTP exporter; returns what sends the rest and shuts it down. */
export const exportTraces = (endpoint: string, { service, role }: { service: string; role: string }) => {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'mentor-sessions', role }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: EXPORT_EVERY_MS })],
  });
  trace.setGlobalTracerProvider(provider);
  return async (): Promise<void> => {
    trace.disable();
    await provider.shutdown();
  };
};
