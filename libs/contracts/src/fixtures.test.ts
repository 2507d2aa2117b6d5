import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { catalogue, envelope, envelopeOf, type EventDefinition } from './index.ts';

const folder = new URL('../fixtures/', import.meta.url);
const fixtureOf = (event: EventDefinition): unknown =>
  JSON.parse(readFileSync(new URL(`${event.type}.v${event.version}.json`, folder), 'utf8'));

describe.each(catalogue.map((event) => [event.dataschema, event] as const))('%s', (dataschema, event) => {
  const published = envelope.parse(fixtureOf(event));

  test('reads its golden fixture', () => {
    expect(published).toEqual(fixtureOf(event));
    expect(event.data.parse(published.data)).toEqual(published.data);
    expect(published).toMatchObject({ type: event.type, source: event.source, dataschema });
  });

  test('writes the same envelope', () => {
    const written = envelopeOf(event, {
      ...published,
      sequence: Number(published.sequence),
      correlationId: published.correlationid,
      data: event.data.parse(published.data),
    });
    expect(written).toEqual(fixtureOf(event));
  });

  test('ignores an unknown field and rejects a missing one', () => {
    const data = published.data as Record<string, unknown>;
    expect(event.data.parse({ ...data, addedLater: true })).toEqual(data);
    for (const field of Object.keys(data)) {
      const { [field]: _, ...rest } = data;
      expect(event.data.safeParse(rest).success).toBe(false);
    }
  });
});
