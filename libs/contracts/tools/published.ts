import { readdirSync, readFileSync } from 'node:fs';
import type { EventDefinition } from '../src/index.ts';

const folder = (name: string): URL => new URL(`../${name}/`, import.meta.url);

export const fileOf = (event: EventDefinition): string => `${event.type}.v${event.version}.json`;

const read = (url: URL): Record<string, unknown> => JSON.parse(readFileSync(url, 'utf8')) as Record<string, unknown>;

/** File name and content of each published schema. */
export const publishedSchemas = (): [string, Record<string, unknown>][] =>
  readdirSync(folder('schemas'))
    .toSorted()
    .map((file) => [file, read(new URL(file, folder('schemas')))]);

/** The golden message of an event's version. */
export const fixtureOf = (event: EventDefinition): Record<string, unknown> =>
  read(new URL(fileOf(event), folder('fixtures')));
