export type SpanOptions = {
  readonly kind: 'server' | 'producer' | 'consumer' | 'internal';
  /** W3C traceparent of what caused it; without one a trace begins. */
  readonly parent?: string | undefined;
  /** Default: now. */
  readonly startedAt?: Date;
  readonly attributes?: Readonly<Record<string, string | number>>;
};

export type Span = {
  /** For what this span causes. */
  readonly traceparent: string;
  readonly end: (more?: { error?: unknown; attributes?: Readonly<Record<string, string | number>> }) => void;
};

type StartSpan = (name: string, options: SpanOptions) => Span;

let start: StartSpan | null = null;

/** Undefined while nobody wants traces: then nothing of it is loaded, and this is a look at a variable. */
export const startSpan = (name: string, options: () => SpanOptions): Span | undefined => start?.(name, options());

/** What makes spans from now on; null: nobody. */
export const setTracing = (startNow: StartSpan | null): void => {
  start = startNow;
};

const version0 = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What came as a trace context, if it can be read (https://www.w3.org/TR/trace-context/#traceparent-header). */
export const readTraceparent = (value: unknown): string | undefined =>
  typeof value === 'string' && version0.test(value) ? value : undefined;

/** For logs: the id that all spans of a trace have. */
export const traceIdOf = (traceparent: string | undefined): string | undefined => traceparent?.split('-')[1];
