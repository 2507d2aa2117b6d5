import { z } from 'zod';
import { catalogue } from './catalogue.ts';
import type { EventDefinition } from './event.ts';

/** JSON Schema (2020-12) of an event's data, as its consumers read it: fields that they do not know are allowed. */
export const jsonSchemaOf = (event: EventDefinition): Record<string, unknown> => {
  const { $schema, ...schema } = z.toJSONSchema(event.data, { target: 'draft-2020-12', io: 'input' });
  return { $schema, $id: event.dataschema, title: event.type, ...schema };
};

/** What the service that publishes an event serves: path → schema, for each of its events and their versions. */
export const schemasPublishedBy = (source: string): Record<string, object> =>
  Object.fromEntries(
    catalogue
      .filter((event) => event.source === source)
      .map((event) => [`/schemas/${event.type}/${event.version}`, jsonSchemaOf(event)]),
  );
