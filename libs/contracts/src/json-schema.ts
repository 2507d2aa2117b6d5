import { z } from 'zod';
import { catalogue } from './catalogue.ts';
import { envelope } from './envelope.ts';
import type { EventDefinition } from './event.ts';

const published = (of: z.ZodType, $id: string, title: string): Record<string, unknown> => {
  const { $schema, ...schema } = z.toJSONSchema(of, { target: 'draft-2020-12', io: 'input' });
  return { $schema, $id, title, ...schema };
};

/** JSON Schema (2020-12) of an event's data for consumers; unknown fields are allowed. */
export const jsonSchemaOf = ({ data, dataschema, type }: EventDefinition) => published(data, dataschema, type);

/** JSON Schema of what surrounds the data of every event. */
export const envelopeJsonSchema = () => published(envelope, 'urn:mentor-sessions:envelope:1', 'Envelope');

/** Schemas of all events that a service publishes: path → schema. */
export const schemasPublishedBy = (source: string): Record<string, object> =>
  Object.fromEntries(
    catalogue
      .filter((event) => event.source === source)
      .map((event) => [`/schemas/${event.type}/${event.version}`, jsonSchemaOf(event)]),
  );
