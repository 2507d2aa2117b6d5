import { context, isSpanContextValid, ROOT_CONTEXT, trace, type Context, type Span } from '@opentelemetry/api';

export { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';

/** OpenTelemetry's. Without an exporter (`trace-export.ts`) its spans record nothing and only pass their parent's context on. */
export const tracer = trace.getTracer('mentor-sessions');

const version0 = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A trace context from outside, if it is valid (https://www.w3.org/TR/trace-context/#traceparent-header). */
export const readTraceparent = (value: unknown): string | undefined =>
  typeof value === 'string' && version0.test(value) ? value : undefined;

/** The trace context in the body of an event, for the header that other libraries read. */
export const traceHeaders = (body: Buffer): { traceparent?: string } => {
  if (!body.includes('"traceparent"')) return {};
  try {
    const traceparent = readTraceparent((JSON.parse(body.toString()) as { traceparent?: unknown }).traceparent);
    return traceparent ? { traceparent } : {};
  } catch {
    return {};
  }
};

/** The parent of a span. Parents are explicit here: a trace leads through the outbox, where there is no open request. */
export const contextOf = (traceparent: string | undefined): Context => {
  const [, traceId, spanId, flags] = traceparent?.split('-') ?? [];
  if (!traceId || !spanId) return ROOT_CONTEXT;
  const traceFlags = parseInt(flags ?? '00', 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
};

/** For what the span causes; undefined when it belongs to no trace. */
export const traceparentOf = (span: Span): string | undefined => {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!isSpanContextValid(span.spanContext())) return undefined;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
};

/** Runs work with the span as its parent, if there is one. */
export const within = <T>(span: Span | undefined, work: () => T): T =>
  span ? context.with(trace.setSpan(ROOT_CONTEXT, span), work) : work();

/** For logs: the id that all spans of a trace share. */
export const traceIdOf = (traceparent: string | undefined): string | undefined => traceparent?.split('-')[1];

let isExporting = false;

/** Whether spans are recorded; for work that is only worth doing then. */
export const isTracing = (): boolean => isExporting;

export const setTracing = (exporting: boolean): void => {
  isExporting = exporting;
};
