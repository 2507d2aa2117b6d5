import { fileURLToPath } from 'node:url';
import everything from '../../../jest.config.mjs';

const tests = [
  'services/*/src/domain/*.test.ts',
  'libs/service-kit/src/authentication/*.test.ts',
  'libs/service-kit/src/http/if-match.test.ts',
  'libs/messaging/src/{outbox,relay,publisher,inbox,consumer}/*.test.ts',
];

const { displayName: _, ...unit } = everything.projects.find(({ displayName }) => displayName === 'unit');

/** The unit tests of the decisions alone: no backing services, a second or two for each mutant. */
export default {
  ...unit,
  rootDir: fileURLToPath(new URL('../../..', import.meta.url)),
  roots: ['<rootDir>/services', '<rootDir>/libs'], // all that jest looks through for each mutant
  testMatch: tests.map((path) => `<rootDir>/${path}`),
  testTimeout: 20_000,
};
