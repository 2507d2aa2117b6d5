import { catalogue, jsonSchemaOf } from '../src/index.ts';
import { asyncapi } from './asyncapi.ts';
import { incompatibilities } from './compatibility.ts';
import { messagesPage } from './page/messages-page.ts';
import { fileOf, publishedSchemas } from './published.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** All that is made of the catalogue: file below libs/contracts and its text. */
export const documents = (): [file: string, text: string][] => [
  ...catalogue.map((event): [string, string] => [`schemas/${fileOf(event)}`, json(jsonSchemaOf(event))]),
  ['asyncapi.json', json(asyncapi())],
  ['messages.html', messagesPage()],
];

/** Why the published schemas may not become today's; none if they may. */
export const refusals = (): string[] =>
  publishedSchemas().flatMap(([file, schema]) => {
    const event = catalogue.find((candidate) => fileOf(candidate) === file);
    return event
      ? incompatibilities(schema, jsonSchemaOf(event))
      : [`${file}: a published version is never taken out; put its definition back into the catalogue.`];
  });
