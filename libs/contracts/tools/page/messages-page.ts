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
      ['messageId', 'the id of the event; a copy has the same'],
      [
        'userId',
        `who sent it, vouched for by the broker: ${[...new Set(catalogue.map(({ sender }) => code(sender)))].join(' or ')}`,
      ],
    ],
  );

const overview = (): string =>
  table(
    ['routing key', 'version', 'sent by', 'when nobody listens'],
    catalogue.map((event) => [
      `<a href="#${anchor(event)}">${code(event.type)}</a>`,
      String(event.version),
      code(event.sender),
      event.mustReachAQueue ? 'held back until its queue is there' : 'gone: declare your queue first',
    ]),
  );

const event = (one: EventDefinition): string => `<section id="${anchor(one)}">
<h3>${code(one.type)}, version ${one.version}</h3>
<p>${code('dataschema')} is ${code(one.dataschema)}; ${code('subject')} is the id of the ${escape(one.type.split('.')[0] ?? '')}. JSON Schema: ${code(`GET /schemas/${one.type}/${one.version}`)} at the service that sends it.</p>
${fields(jsonSchemaOf(one))}
<details><summary>An example to copy: the golden message of the tests</summary>
${copyable(JSON.stringify(fixtureOf(one), null, 2), `the example of ${one.type}`)}
</details>
</section>`;

const consumers = (): string => `<h3>TypeScript</h3>
<p>${prose('With `@mentor-sessions/contracts` and `@mentor-sessions/messaging`: queue, dead queue, batches, copies, reconnection and an orderly end are in `subscribe`. With `database` (a PostgreSQL URL) the inbox is a table and a copy has no effect for ever.')}</p>
${copyable(program('consume.ts'), 'the TypeScript consumer')}
<h3>Python</h3>
<p>${prose('With pika (`apt-get install python3-pika`). What it keeps in memory belongs into a table when it matters: see `examples/analytics`.')}</p>
${copyable(program('consume.py'), 'the Python consumer')}`;

/** The page that tells a stranger all about the events; one file, nothing from elsewhere. */
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
<p>An accepted booking becomes exactly one session, and these events tell of it. The same in machine-readable form: <a href="/asyncapi.json">AsyncAPI 3.1</a>.</p>
<nav><a href="#guarantees">Guarantees</a><a href="#events">Events</a><a href="#envelope">Envelope</a><a href="#consume">Consume this in 20 lines</a></nav>
<h2>Where they are</h2>
${exchange()}
<h2 id="guarantees">What you may build on</h2>
<dl class="box">
${guarantees.map(([what, means]) => `<dt>${escape(what)}</dt><dd>${prose(means)}</dd>`).join('\n')}
</dl>
<h2 id="events">Events</h2>
${overview()}
${catalogue.map(event).join('\n')}
<h2 id="envelope">Envelope</h2>
<p>Around the ${code('data')} of each event. Ignore attributes that you do not know.</p>
${fields(z.toJSONSchema(envelope, { target: 'draft-2020-12', io: 'input' }))}
<h2 id="consume">Consume this in 20 lines</h2>
${consumers()}
<script>${script}</script>
</body>
</html>
`;
