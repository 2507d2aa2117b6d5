import { catalogue, envelopeJsonSchema, jsonSchemaOf } from '../src/index.ts';
import { asyncapi } from './asyncapi.ts';
import { incompatibilities } from './compatibility.ts';
import { messagesPage } from './messages-page.ts';
import { envelopeFile, fileOf, publishedSchemas } from './published.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Everything generated from the catalogue: file below libs/contracts, and its text. */
export const documents = (): [file: string, text: string][] => [
  ...catalogue.map((event): [string, string] => [`schemas/${fileOf(event)}`, json(jsonSchemaOf(event))]),
  [`schemas/${envelopeFile}`, json(envelopeJsonSchema())],
  ['asyncapi.json', json(asyncapi())],
  ['messages.html', messagesPage()],
];

/** Incompatibilities between the published schemas and the current ones. */
export const refusals = (): string[] =>
  publishedSchemas().flatMap(([file, schema]) => {
    const event = catalogue.find((candidate) => fileOf(candidate) === file);
    return event
      ? incompatibilities(schema, jsonSchemaOf(event))
      : [`${file}: published versions are never removed; restore its definition in the catalogue.`];
  });
