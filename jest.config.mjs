const swc = {
  jsc: { target: 'es2024', parser: { syntax: 'typescript' }, experimental: { keepImportAttributes: true } },
};

/** One project for each kind of test; PostgreSQL and RabbitMQ are started only when one that needs them runs. */
const project = (displayName, testMatch, more = {}) => ({
  displayName,
  testMatch,
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  // other versions of these packages
  modulePathIgnorePatterns: ['<rootDir>/.local/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', swc] },
  ...more,
});

const backed = {
  globalSetup: '<rootDir>/lab/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/lab/jest/global-teardown.mjs',
};

export default {
  // the tests wait more than they compute: three keep two cores busy
  maxWorkers: 3,
  testSequencer: '<rootDir>/scripts/test-run/slow-kinds-first.mjs',
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/scripts/test-run/counts-reporter.mjs'],
  projects: [
    project('unit', ['<rootDir>/{libs,services,ops,scripts,examples,deploy}/**/!(*.int|*.lab|*.compose).test.ts']),
    project('integration', ['<rootDir>/{libs,services,ops,scripts,examples,deploy}/**/*.int.test.ts'], backed),
    project('e2e', ['<rootDir>/lab/e2e/**/*.test.ts'], backed),
    project('lab-tests', ['<rootDir>/lab/!(e2e)/**/*.test.ts', '<rootDir>/examples/**/*.lab.test.ts'], backed),
    project('compose', ['<rootDir>/deploy/**/*.compose.test.ts']),
  ],
};
