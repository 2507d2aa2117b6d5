import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { catalogue, jsonSchemaOf } from './index.ts';

const folder = new URL('../schemas/', import.meta.url);

test.each(catalogue.map((event) => [`${event.type}.v${event.version}.json`, event] as const))(
  '%s is what the code says; if it is to change: npm run schemas, and only additions within a version',
  (file, event) => {
    expect(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))).toEqual(jsonSchemaOf(event));
  },
);

test('there is a file for each version and none besides', () => {
  expect(readdirSync(folder).toSorted()).toEqual(catalogue.map((e) => `${e.type}.v${e.version}.json`).toSorted());
});
