import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { defineEvent, jsonSchemaOf, sessionCompleted } from '../src/index.ts';
import { incompatibilities } from './compatibility.ts';

const completed = sessionCompleted.data as unknown as z.ZodObject;
const changed = (data: z.ZodType) => jsonSchemaOf(defineEvent({ ...sessionCompleted, data }));
const published = jsonSchemaOf(sessionCompleted);
const verdict = (data: z.ZodType): string[] => incompatibilities(published, changed(data));

describe('within a version', () => {
  test('an optional field may be added, at any depth', () => {
    expect(verdict(completed.extend({ rating: z.number().optional() }))).toEqual([]);
    const deep = z.object({ at: z.object({ zone: z.string() }) });
    const deeper = z.object({ at: z.object({ zone: z.string(), offset: z.string().optional() }) });
    expect(incompatibilities(changed(deep), changed(deeper))).toEqual([]);
  });

  test('a description may change', () => {
    expect(
      verdict(completed.extend({ completedBy: completed.shape['completedBy']!.describe('who') as z.ZodString })),
    ).toEqual([]);
  });

  const refused: [string, z.ZodType, string][] = [
    ['a field is removed', completed.omit({ completedBy: true }), 'field completedBy: removed'],
    ['a field may be missing', completed.partial({ metadata: true }), 'field metadata: no longer required'],
    ['a new field is required', completed.extend({ rating: z.number() }), 'field rating: newly required'],
    [
      'a field is narrowed',
      completed.extend({ metadata: z.record(z.string(), z.string().max(10)) }),
      'field metadata: additionalProperties was',
    ],
    [
      'a field is narrowed by a new keyword',
      completed.extend({ metadata: z.record(z.string(), z.string()).meta({ maxProperties: 3 }) }),
      'field metadata: narrowed by maxProperties 3',
    ],
    [
      'a field is widened',
      completed.extend({ completedBy: completed.shape['completedBy']!.nullable() }),
      'field completedBy: ',
    ],
    ['a type changes', completed.extend({ start: z.number() }), 'field start: type was "string" and is "number"'],
    ['unknown fields are rejected', completed.strict(), 'data: narrowed by additionalProperties false'],
  ];
  test.each(refused)('rejects the change when %s', (_, data, expected) => {
    const sentences = verdict(data);
    expect(sentences).toContainEqual(expect.stringContaining(expected));
    for (const sentence of sentences) {
      expect(sentence).toMatch(/^urn:mentor-sessions:session\.completed:1, /);
      expect(sentence).toContain('Leave version 1 of session.completed as it was published and define a new version');
    }
  });
});
