import { readdirSync, readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, test } from '@jest/globals';
import { catalogue } from '../src/index.ts';
import { asyncapi } from './asyncapi.ts';
import { documents, refusals } from './documents.ts';
import { escape, messagesPage } from './messages-page.ts';
import { envelopeFile, fileOf, fixtureOf, guarantees, publishedSchemas } from './published.ts';

const contracts = new URL('../', import.meta.url);

test('published schemas are unchanged but for additions', () => expect(refusals()).toEqual([]));

test.each(documents())('%s is up to date (npm run schemas)', (file, text) => {
  expect(readFileSync(new URL(file, contracts), 'utf8')).toBe(text);
});

test('each version has a schema and a fixture, and there are no others', () => {
  const expected = catalogue.map(fileOf).toSorted();
  expect(publishedSchemas().map(([file]) => file)).toEqual(expected);
  expect(readdirSync(new URL('fixtures', contracts)).toSorted()).toEqual(expected);
});

test('the page loads no external resources and shows every event, fixture and guarantee', () => {
  const page = messagesPage();
  const asked = [...page.matchAll(/\b(?:src|href)="([^"#]+)"/g)].map(([, url]) => url);
  expect(asked).toEqual(['data:,', '/asyncapi.json', 'docs', 'problems', 'guide']);
  expect(page).not.toMatch(/@import|url\(|fetch\(/);
  for (const event of catalogue) expect(page).toContain(String(fixtureOf(event)['id']));
  for (const [what] of guarantees) expect(page).toContain(escape(what));
});

describe('golden messages against the published JSON Schema', () => {
  const ajv = formats.default(new Ajv2020({ strict: true, strictTypes: false, allErrors: true }));
  test.each(publishedSchemas())('%s', (file, schema) => {
    const event = catalogue.find((candidate) => fileOf(candidate) === file)!;
    const { data } = fixtureOf(event) as { data: Record<string, unknown> };
    const isValid = ajv.compile(schema);
    expect([isValid(data), isValid.errors]).toEqual([true, null]);
    expect(isValid({ ...data, addedLater: 1 })).toBe(true);
    for (const field of Object.keys(data)) expect(isValid({ ...data, [field]: undefined })).toBe(false);
  });
});

test('the AsyncAPI document is valid', async () => {
  const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncapi()));
  const about = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version'); // generators do not read it yet
  expect(about.map(({ code, path, message }) => `${code} ${path.join('.')}: ${message}`)).toEqual([]);
  expect(document?.version()).toBe('3.0.0');
  expect(
    document
      ?.channels()
      .all()
      .map((channel) => channel.address()),
  ).toEqual(catalogue.map(({ type }) => type));
  expect(
    document
      ?.messages()
      .all()
      .map((message) => message.name()),
  ).toEqual(catalogue.map((e) => `${e.type}.v${e.version}`));
});

test('every golden message is valid by the published envelope, whose unknown attributes are allowed', () => {
  const ajv = formats.default(new Ajv2020({ strict: true, strictTypes: false }));
  const isValid = ajv.compile(
    JSON.parse(readFileSync(new URL(`schemas/${envelopeFile}`, contracts), 'utf8')) as object,
  );
  for (const event of catalogue) {
    expect([isValid({ ...fixtureOf(event), addedlater: 1 }), isValid.errors]).toEqual([true, null]);
    expect(isValid({ ...fixtureOf(event), sequence: '3' })).toBe(false);
  }
});

test('every message and every schema that a generator makes a type of has a name', () => {
  const { components } = asyncapi() as { components: Record<string, Record<string, Record<string, unknown>>> };
  const payloads = Object.values(components['messages']!).map(({ payload }) => payload as Record<string, unknown>);
  const titles = [...payloads, ...Object.values(components['schemas']!)].map(({ title }) => title);
  expect(titles).not.toContain(undefined);
  expect(new Set(titles).size).toBe(titles.length);
});

test('the AsyncAPI parser rejects an invalid document', async () => {
  const { diagnostics } = await new Parser().parse(JSON.stringify({ ...asyncapi(), channels: [] }));
  expect(diagnostics).not.toEqual([]);
});
