import { readFileSync } from 'node:fs';
import { catalogue, contentType, envelopeJsonSchema, eventsExchange, jsonSchemaOf } from '../src/index.ts';
import type { EventDefinition } from '../src/index.ts';
import { script, style } from './page-style.ts';
import { fixtureOf, guarantees } from './published.ts';

export const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Text between backticks becomes code. */
const prose = (text: string): string => escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

/** A code block with a copy button. */
const copyable = (text: string, what: string): string =>
  `<div class="copy"><button type="button" aria-label="Copy ${escape(what)}">Copy</button>` +
  `<pre tabindex="0"><code>${escape(text)}</code></pre></div>`;

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="wide" tabindex="0"><table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>` +
  rows
    .map((cells) => `<tr>${cells.map((cell, at) => `<td data-head="${heads[at]}">${cell}</td>`).join('')}</tr>`)
    .join('') +
  '</tbody></table></div>';

type Schema = { readonly [keyword: string]: unknown };

const isoTime = 'UTC in milliseconds, `2026-01-31T09:30:00.000Z`';
const formats: Record<string, string> = { uuid: 'lower-case UUID', 'date-time': isoTime };

const typeOf = ({ const: constant, format, type, additionalProperties: values }: Schema): string => {
  if (constant !== undefined) return `\`${JSON.stringify(constant)}\``;
  if (typeof format === 'string' && formats[format]) return formats[format];
  if (typeof values === 'object') return 'object of strings';
  return Array.isArray(type) ? type.join(' or ') : typeof type === 'string' ? type : 'any JSON';
};

/** The fields of a schema as a table. */
const fields = (schema: Schema): string => {
  const required = new Set(schema['required'] as string[]);
  const properties = Object.entries(schema['properties'] as Record<string, Schema>);
  const row = ([name, field]: [string, Schema]): string[] => [
    `<code>${escape(name)}</code>`,
    prose(typeOf(field)),
    required.has(name) ? 'always' : 'optional',
    prose(typeof field['description'] === 'string' ? field['description'] : ''),
  ];
  return table(['field', 'type', 'present', 'meaning'], properties.map(row));
};

const program = (file: string): string =>
  readFileSync(new URL(`../../../examples/twenty-lines/${file}`, import.meta.url), 'utf8').trimEnd();

const anchor = ({ type, version }: EventDefinition): string => `${type}-${version}`;

const code = (text: string): string => `<code>${escape(text)}</code>`;

const exchange = (): string =>
  table(
    ['property', 'value'],
    [
      ['exchange', `${code(eventsExchange.name)}, ${eventsExchange.type}, durable`],
      ['routing key', 'the type of the event'],
      ['body', `CloudEvents 1.0, structured JSON, ${code(contentType)}`],
      ['messageId', 'the id of the event; the same in duplicates'],
      [
        'userId',
        `the sender, validated by the broker: ${[...new Set(catalogue.map(({ sender }) => code(sender)))].join(' or ')}`,
      ],
    ],
  );

const overview = (): string =>
  table(
    ['routing key', 'version', 'sent by', 'without a queue'],
    catalogue.map((event) => [
      `<a href="#${anchor(event)}">${code(event.type)}</a>`,
      String(event.version),
      code(event.sender),
      event.mustReachAQueue ? 'waits in the outbox' : 'lost to you: declare your queue first',
    ]),
  );

const event = (one: EventDefinition): string => `<section id="${anchor(one)}">
<h3>${code(one.type)}, version ${one.version}</h3>
<p>${code('dataschema')} is ${code(one.dataschema)}; ${code('subject')} is the id of the ${escape(one.type.split('.')[0] ?? '')}. JSON Schema: ${code(`GET /schemas/${one.type}/${one.version}`)} at its sender.</p>
${fields(jsonSchemaOf(one))}
<details><summary>Example</summary>
${copyable(JSON.stringify(fixtureOf(one), null, 2), `the example of ${one.type}`)}
</details>
</section>`;

const consumers = (): string => `<h3>TypeScript</h3>
<p>${prose('With `@mentor-sessions/contracts` and `@mentor-sessions/messaging`: `subscribe` declares queue and dead queue, batches, deduplicates, reconnects and stops gracefully. With `database` (a PostgreSQL URL) the inbox is a table, and duplicates never have an effect.')}</p>
${copyable(program('consume.ts'), 'the TypeScript consumer')}
<h3>Python</h3>
<p>${prose('With pika (`apt-get install python3-pika`). It deduplicates in memory; `examples/analytics` uses a table.')}</p>
${copyable(program('consume.py'), 'the Python consumer')}`;

/** The page about all events: one file without external resources. */
export const messagesPage = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Messages of mentor-sessions</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>Messages of mentor-sessions</h1>
<p>Events of bookings and sessions: each accepted booking gets one session. In machine-readable form: <a href="/asyncapi.json">AsyncAPI 3.0</a>. Of the REST services: <a href="docs">API</a>, <a href="problems">problems</a>, <a href="guide">guide</a>.</p>
<nav aria-label="On this page"><a href="#guarantees">Guarantees</a><a href="#events">Events</a><a href="#envelope">Envelope</a><a href="#consume">Consume in 20 lines</a></nav>
<h2>Where to find them</h2>
${exchange()}
<h2 id="guarantees">Guarantees</h2>
<dl class="box">
${guarantees.map(([what, means]) => `<dt>${escape(what)}</dt><dd>${prose(means)}</dd>`).join('\n')}
</dl>
<h2 id="events">Events</h2>
${overview()}
${catalogue.map(event).join('\n')}
<h2 id="envelope">Envelope</h2>
<p>Surrounds the ${code('data')} of each event. Ignore unknown attributes.</p>
${fields(envelopeJsonSchema())}
<h2 id="consume">Consume in 20 lines</h2>
${consumers()}
</main>
<script>${script}</script>
</body>
</html>
`;
