import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  catalogue,
  contentType,
  envelope,
  eventsExchange,
  jsonSchemaOf,
  type EventDefinition,
} from '../../src/index.ts';
import { guarantees } from '../guarantees.ts';
import { fixtureOf } from '../published.ts';
import { fields } from './fields.ts';
import { copyable, escape, prose, table } from './html.ts';
import { script, style } from './look.ts';

const program = (file: string): string =>
  readFileSync(new URL(`../../../../examples/twenty-lines/${file}`, import.meta.url), 'utf8').trimEnd();

const anchor = ({ type, version }: EventDefinition): string => `${type}-${version}`;

const code = (text: string): string => `<code>${escape(text)}</code>`;

const exchange = (): string =>
  table(
    ['', ''],
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
<h1>Messages of mentor-sessions</h1>
<p>Events of bookings and sessions: each accepted booking gets one session. In machine-readable form: <a href="/asyncapi.json">AsyncAPI 3.1</a>.</p>
<nav><a href="#guarantees">Guarantees</a><a href="#events">Events</a><a href="#envelope">Envelope</a><a href="#consume">Consume in 20 lines</a></nav>
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
${fields(z.toJSONSchema(envelope, { target: 'draft-2020-12', io: 'input' }))}
<h2 id="consume">Consume in 20 lines</h2>
${consumers()}
<script>${script}</script>
</body>
</html>
`;
