import fc from 'fast-check';

type Json = Readonly<Record<string, unknown>>;
export type Schema = Json;

const scalars = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ maxLength: 3_000, minLength: 2_000 }),
  );

/** Any JSON at all. */
export const anything = (): fc.Arbitrary<unknown> =>
  fc.oneof(scalars(), fc.jsonValue({ maxDepth: 4 }), fc.array(scalars(), { maxLength: 5 }));

const time = fc
  .date({ min: new Date('2030-01-01T00:00:00Z'), max: new Date('2045-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

const text = ({ format, pattern, maxLength = 100, minLength = 0, enum: words }: Json): fc.Arbitrary<unknown> => {
  if (Array.isArray(words)) return fc.constantFrom(...(words as unknown[]));
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return time;
  if (typeof pattern === 'string') return fc.oneof(fc.integer({ min: 1, max: 100 }).map(String), fc.uuid(), time);
  return fc.string({ unit: 'grapheme', minLength: Number(minLength), maxLength: Math.min(Number(maxLength), 300) });
};

/** Values that a schema of the document allows, or nearly. */
export const valuesOf = (schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<unknown> => {
  const { $ref, anyOf, type, properties, required, additionalProperties } = schema;
  if (typeof $ref === 'string') return valuesOf(resolve($ref), resolve);
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((one) => valuesOf(one as Schema, resolve)));
  if (Array.isArray(schema['allOf'])) return valuesOf((schema['allOf'] as Schema[])[0] ?? {}, resolve);
  const kinds = Array.isArray(type) ? (type as string[]) : [type as string];
  const one = (kind: string): fc.Arbitrary<unknown> => {
    if (kind === 'null') return fc.constant(null);
    if (kind === 'boolean') return fc.boolean();
    if (kind === 'integer' || kind === 'number') return fc.integer({ min: 0, max: 200 });
    if (kind === 'array') return fc.array(valuesOf((schema['items'] ?? {}) as Schema, resolve), { maxLength: 3 });
    if (kind !== 'object') return text(schema);
    if (!properties) {
      const values =
        typeof additionalProperties === 'object' ? valuesOf(additionalProperties as Schema, resolve) : anything();
      return fc.dictionary(fc.string({ minLength: 1, maxLength: 40 }), values, { maxKeys: 22 });
    }
    const fields = Object.entries(properties as Record<string, Schema>).map(
      ([name, field]) => [name, mostly(valuesOf(field, resolve))] as const,
    );
    return fc.record(Object.fromEntries(fields), { requiredKeys: required as never });
  };
  return fc.oneof(...kinds.map(one));
};

/** Nearly always that, sometimes anything: one wrong field in a good whole goes deeper than rubbish. */
export const mostly = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 24, arbitrary: good }, { weight: 1, arbitrary: anything() });
