import { json } from 'node:stream/consumers';
import { serve } from '@mentor-sessions/lab/local-server';

export type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** The process: service and role. */
  readonly process: string;
  readonly attributes: Readonly<Record<string, string>>;
};

type Attribute = { readonly key: string; readonly value: Readonly<Record<string, unknown>> };
type Wire = Omit<Span, 'process' | 'attributes'> & { readonly attributes: readonly Attribute[] };
type Exported = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Wire[] }[];
  }[];
};

const plain = (attributes: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]));

const spansIn = ({ resourceSpans }: Exported): Span[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const of = plain(resource.attributes);
    const process = `${of['service.name']} ${of['role']}`;
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({ ...span, process, attributes: plain(span.attributes) })),
    );
  });

/** A minimal OpenTelemetry collector: accepts traces over HTTP in JSON and stores them. */
export const startCollector = async () => {
  const spans: Span[] = [];
  const { url, close } = await serve(async (request, response) => {
    if (request.url !== '/v1/traces') return response.writeHead(404).end();
    spans.push(...spansIn((await json(request)) as Exported));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  return {
    endpoint: url,
    spans: (traceId: string): Span[] => spans.filter((span) => span.traceId === traceId),
    close,
  };
};
