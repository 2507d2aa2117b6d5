import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Context } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { setTracing, type SpanOptions } from '../tracing.ts';

export type Tracing = {
  /** Sends what is left. */
  readonly stop: () => Promise<void>;
};

const EXPORT_EVERY_MS = 1_000;

const kinds = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

const contextOf = (traceparent: string | undefined): Context => {
  const [, traceId, spanId, flags] = traceparent?.split('-') ?? [];
  if (!traceId || !spanId) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: parseInt(flags ?? '1', 16),
    isRemote: true,
  });
};

/** The OpenTelemetry SDK, exporting to an OTLP/HTTP collector; a trace that begins elsewhere is sampled as it was there. */
export const traceTo = (endpoint: string, { service, role }: { service: string; role: string }): Tracing => {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'mentor-sessions', role }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: EXPORT_EVERY_MS })],
  });
  const tracer = provider.getTracer('mentor-sessions');
  setTracing((name, { kind, parent, startedAt, attributes = {} }: SpanOptions) => {
    const options = { kind: kinds[kind], attributes, ...(startedAt ? { startTime: startedAt } : {}) };
    const span = tracer.startSpan(name, options, contextOf(parent));
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-${traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`,
      end: ({ error, attributes: more = {} } = {}) => {
        span.setAttributes(more);
        if (error !== undefined)
          span.setStatus({
            code: SpanStatusCode.ERROR,
            message: error instanceof Error ? error.message : JSON.stringify(error),
          });
        span.end();
      },
    };
  });
  return {
    stop: async () => {
      setTracing(null);
      await provider.shutdown();
    },
  };
};
