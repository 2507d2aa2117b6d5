import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const tests = ['**/*.test.ts', '**/test/**/*.ts', 'lab/**/*.ts'];
const timeIsGiven = 'The database tells the time; functions of domain and use cases are given it (CONTRIBUTING.md).';
const idsAreGiven = 'Functions of domain and use cases are given their ids (CONTRIBUTING.md).';
const envIsParsedOnce =
  'Only config.ts of a service, service-config.ts of the kit, libs/local-stack, scripts and examples read the environment.';

export default defineConfig(
  globalIgnores(['**/coverage/', '**/generated/', '**/dist/', '.local/']),
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: envIsParsedOnce }],
      'no-restricted-imports': [
        'error',
        {
          paths: ['process', 'node:process'].map((name) => ({
            name,
            importNames: ['env', 'default'],
            message: envIsParsedOnce,
          })),
        },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      // `void` before a promise is a decision in sight, so it is allowed.
      '@typescript-eslint/no-floating-promises': 'error',
      // Express 5 forwards a rejected handler's error, so a promise may stand where Express expects nothing back.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // What we pass around are objects of functions; none of them uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      // A component's stop() keeps its promise even where there is nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['libs/*/src/**/*.ts', 'services/*/src/**/*.ts', 'ops/src/**/*.ts'],
    ignores: tests,
    rules: {
      complexity: ['error', 12],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 5],
    },
  },
  {
    files: ['libs/{contracts,messaging,service-kit}/src/**/*.ts', 'services/*/src/**/*.ts'],
    ignores: tests,
    rules: { 'no-console': 'error' },
  },
  {
    files: ['services/*/src/{domain,use-cases}/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: timeIsGiven },
        { selector: 'CallExpression[callee.name="Date"]', message: timeIsGiven },
        { selector: 'MemberExpression[object.name=/^(Date|performance)$/][property.name="now"]', message: timeIsGiven },
        { selector: 'MemberExpression[object.name="process"][property.name="hrtime"]', message: timeIsGiven },
        { selector: 'MemberExpression[object.name="Math"][property.name="random"]', message: idsAreGiven },
        {
          selector: 'Identifier[name=/^(randomUUID|randomUUIDv7|randomBytes|randomInt|getRandomValues)$/]',
          message: idsAreGiven,
        },
      ],
    },
  },
  {
    files: [
      'services/*/src/config.ts',
      'libs/service-kit/src/service-config.ts',
      'ops/src/config.ts',
      'libs/local-stack/**/*.ts',
      'scripts/**',
      'libs/messaging/src/mentor-dead-letters.ts',
      'lab/{faults,abuse,model,generators,versions}/run.ts',
      'lab/bench/**',
      'lab/newcomers/**',
      'lab/test-aids/**',
      'examples/**',
      'deploy/**',
    ],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  {
    files: tests,
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[property.name=/^(skip|only|todo)$/]',
          message: 'No test is skipped, none runs alone.',
        },
        {
          selector: 'MemberExpression[object.name="jest"][property.name=/^(mock|unstable_mockModule)$/]',
          message: 'No mocks: use the real thing (CONTRIBUTING.md).',
        },
      ],
      // Answers of HTTP and SQL come in as any; a test that misreads one fails.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: globals.node },
    rules: { '@typescript-eslint/no-require-imports': 'off', 'no-restricted-properties': 'off' },
  },
  {
    files: ['ops/src/console/page/*.js'],
    languageOptions: { globals: globals.browser },
  },
);
