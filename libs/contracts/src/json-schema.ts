import { z } from 'zod';
import { catalogue } from './catalogue.ts';
import { envelope } from './envelope.ts';
import type { EventDefinition } from './event.ts';

/** JSON Schema (2020-12) of an event's data for consumers; unknown fields are allowed. */
export const jsonSchemaOf = (event: EventDefinition): Record<string, unknown> => {
  const { $schema, ...schema } = z.toJSONSchema(event.data, { target: 'draft-2020-12', io: 'input' });
  return { $schema, $id: event.dataschema, title: event.type, ...schema };
};

/** JSON Schema of what surrounds the data of every event. */
export const envelopeJsonSchema = (): Record<string, unknown> => {
  const { $schema, ...schema } = z.toJSONSchema(envelope, { target: 'draft-2020-12', io: 'input' });
  return { $schema, $id: 'urn:mentor-sessions:envelope:1', title: 'Envelope', ...schema };
};

/** Schemas of all events that a service publishes: path → schema. */
export const schemasPublishedBy = (source: string): Record<string, object> =>
  Object.fromEntries(
    catalogue
      .filter((event) => event.source === source)
      .map((event) => [`/schemas/${event.type}/${event.version}`, jsonSchemaOf(event)]),
  );
