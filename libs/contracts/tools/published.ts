import { readdirSync, readFileSync } from 'node:fs';
import type { EventDefinition } from '../src/index.ts';

const folder = (name: string): URL => new URL(`../${name}/`, import.meta.url);

export const fileOf = (event: EventDefinition): string => `${event.type}.v${event.version}.json`;

const read = (url: URL): Record<string, unknown> => JSON.parse(readFileSync(url, 'utf8')) as Record<string, unknown>;

export const envelopeFile = 'envelope.v1.json';

/** File name and content of each published schema of an event. */
export const publishedSchemas = (): [string, Record<string, unknown>][] =>
  readdirSync(folder('schemas'))
    .filter((file) => file !== envelopeFile)
    .toSorted()
    .map((file) => [file, read(new URL(file, folder('schemas')))]);

/** The golden message of an event's version. */
export const fixtureOf = (event: EventDefinition): Record<string, unknown> =>
  read(new URL(fileOf(event), folder('fixtures')));

/** What consumers can rely on; shown on the page and in the AsyncAPI document. */
export const guarantees: readonly (readonly [what: string, means: string])[] = [
  ['At least once.', 'A duplicate may arrive at any time, even a year later: make your effect idempotent.'],
  ['Duplicates have the same id.', 'It is also the AMQP messageId. Use it as your inbox key.'],
  [
    'Order per aggregate.',
    'The events of one session are first published in sequence order. There is no order between sessions, nor between several consumers of one queue: compare sequence. Gaps are possible. Events that follow from time alone have the sequence of the last change; the next change has a higher one.',
  ],
  [
    'Only additions within a version.',
    'Ignore unknown fields, reject unknown versions. Any other change is a new version beside the old one.',
  ],
  [
    'No history on the broker.',
    'Your queue receives what is published while it exists, so declare it before you need it. Operators can send earlier events to your queue, in order and with their ids, as far back as they are kept (30 days by default). Otherwise an event is published again only if a relay crashes before it marks it as published.',
  ],
  [
    'You own your queue and its dead letters.',
    'Name it <service>.<event>, declare, bind and monitor it. No one else consumes from it or purges it.',
  ],
];
