import { z } from 'zod';
import { catalogue } from './catalogue.ts';
import type { EventDefinition } from './event.ts';

/** JSON Schema (2020-12) of an event's data for consumers; unknown fields are allowed. */
export const jsonSchemaOf = (event: EventDefinition): Record<string, unknown> => {
  const { $schema, ...schema } = z.toJSONSchema(event.data, { target: 'draft-2020-12', io: 'input' });
  return { $schema, $id: event.dataschema, title: event.type, ...schema };
};

/** Schemas of all events that a service publishes: path → schema. */
export const schemasPublishedBy = (source: string): Record<string, object> =>
  Object.fromEntries(
    catalogue
      .filter((event) => event.source === source)
      .map((event) => [`/schemas/${event.type}/${event.version}`, jsonSchemaOf(event)]),
  );
