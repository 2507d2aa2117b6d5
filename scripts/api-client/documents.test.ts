import { expect, test } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
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

test('and a document without licence and operation ids would not be', async () => {
  const faulty = JSON.parse(JSON.stringify(documents.bookings).replaceAll(/"(license|operationId)"/g, '"x-$1"'));
  expect(await complaintsOf(faulty)).toEqual(
    expect.arrayContaining([expect.stringContaining('info-license'), expect.stringContaining('operation-operationId')]),
  );
});
