import { setTimeout as sleep } from 'node:timers/promises';
import { isSpanContextValid, ROOT_CONTEXT, trace, type Context, type Span } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Component } from './lifecycle.ts';

export { SpanKind, SpanStatusCode } from '@opentelemetry/api';

/** Of OpenTelemetry. Until `createTracing` has started, its spans record nothing and only pass their parent's context on. */
export const tracer = trace.getTracer('mentor-sessions');

const version0 = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A trace context from outside, if it is valid (https://www.w3.org/TR/trace-context/#traceparent-header). */
export const readTraceparent = (value: unknown): string | undefined =>
  typeof value === 'string' && version0.test(value) ? value : undefined;

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

/** For logs: the id that all spans of a trace share. */
export const traceIdOf = (traceparent: string | undefined): string | undefined => traceparent?.split('-')[1];

let isExporting = false;

/** Whether spans are recorded; for work that is only worth doing then. */
export const isTracing = (): boolean => isExporting;

type Tracing = {
  readonly endpoint: string;
  readonly service: string;
  readonly role: string;
  readonly log: Logger;
};

const STOP_WITHIN_MS = 1_000;

/** Exports traces while it runs. The SDK is only loaded here, so a process that does not trace does not pay for it. */
export const createTracing = ({ endpoint, service, role, log }: Tracing): Component => {
  let shutDown = (): Promise<void> => Promise.resolve();
  return {
    name: 'tracing',
    start: async () => {
      const { exportTraces } = await import('./otlp.ts');
      shutDown = exportTraces(endpoint, { service, role });
      isExporting = true;
      log.info({ endpoint }, 'exporting traces');
    },
    stop: async () => {
      isExporting = false;
      const stopped = shutDown().catch((err: unknown) => log.warn({ err }, 'last traces not exported'));
      await Promise.race([stopped, sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
    },
  };
};
