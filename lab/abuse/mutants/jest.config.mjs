import { fileURLToPath } from 'node:url';
import everything from '../../../jest.config.mjs';

const tests = [
  'services/*/src/domain/*.test.ts',
  'libs/service-kit/src/authentication/*.test.ts',
  'libs/service-kit/src/http/if-match.test.ts',
  'libs/messaging/src/{outbox,relay,publisher,inbox,consumer}/*.test.ts',
];

const { displayName: _, ...unit } = everything.projects.find(({ displayName }) => displayName === 'unit');

/** Only the unit tests of the decisions: no servers, a second or two for each mutant. */
export default {
  ...unit,
  rootDir: fileURLToPath(new URL('../../..', import.meta.url)),
  roots: ['<rootDir>/services', '<rootDir>/libs'], // everything that jest scans for each mutant
  testMatch: tests.map((path) => `<rootDir>/${path}`),
  testTimeout: 20_000,
};
