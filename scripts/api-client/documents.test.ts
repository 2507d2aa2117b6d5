import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { fieldCodes } from '@mentor-sessions/service-kit/errors';
import { documents } from './documents.ts';

const services = Object.keys(documents) as (keyof typeof documents)[];

const complaintsOf = async (document: object): Promise<string[]> => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: 'openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`);
};

test.each(services)('the document of %s is clean under Redocly’s recommended rules', async (service) => {
  expect(await complaintsOf(documents[service])).toEqual([]);
});

test('and a document without licence and operation ids is not', async () => {
  const faulty = JSON.parse(JSON.stringify(documents.bookings).replaceAll(/"(license|operationId)"/g, '"x-$1"'));
  expect(await complaintsOf(faulty)).toEqual(
    expect.arrayContaining([expect.stringContaining('info-license'), expect.stringContaining('operation-operationId')]),
  );
});

test('the guide names each code of a field that the documents list, and no other', () => {
  const guide = readFileSync(new URL('../../docs/for-front-end-developers.md', import.meta.url), 'utf8');
  const [, table = ''] = /\| code of a field \|.*\n.*\n((?:\|.*\n)+)/.exec(guide) ?? [];
  const named = table.split('\n').flatMap((row) => row.split('|')[1]?.match(/[a-z-]+/g) ?? []);
  expect(named.toSorted()).toEqual(fieldCodes.toSorted());
  for (const service of services) {
    const [enumeration] = JSON.stringify(documents[service]).match(/"enum":\["required".*?\]/) ?? [];
    expect(enumeration).toBe(`"enum":${JSON.stringify(fieldCodes)}`);
  }
});
