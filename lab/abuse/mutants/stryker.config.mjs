import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The decisions: permissions, lifecycles, what is published and what is handled. Not the code that talks to servers. */
const decisions = [
  'services/*/src/domain/{booking,session,events}.ts',
  'libs/service-kit/src/transitions.ts',
  'libs/service-kit/src/authentication.ts',
  'libs/service-kit/src/authentication/{verify,key-set}.ts',
  'libs/service-kit/src/http/if-match.ts',
  'libs/messaging/src/outbox/lane.ts',
  'libs/messaging/src/publisher/confirm-timeout.ts',
  'libs/messaging/src/relay/publish-in-order.ts',
  'libs/messaging/src/inbox/{faults,inbox,message}.ts',
  'libs/messaging/src/consumer/{read-delivery,handle-batch,settle}.ts',
];

export default {
  mutate: decisions,
  plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/jest-runner')), here('ignorer.mjs')],
  ignorers: ['no-decisions'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { projectType: 'custom', configFile: 'lab/abuse/mutants/jest.config.mjs', enableFindRelatedTests: true },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  dryRunTimeoutMinutes: 15,
  timeoutMS: 20_000,
  checkers: [],
  thresholds: { high: 95, low: 90, break: 90 },
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, skipFull: true },
  jsonReporter: { fileName: '.local/mutants/mutants.json' },
  htmlReporter: { fileName: '.local/mutants/mutants.html' },
  // outside the repository: otherwise jest would find each package twice
  tempDirName: join(tmpdir(), 'mentor-sessions-mutants'),
  // .local has caches and servers of other runs; documents and deployment have nothing to mutate
  ignorePatterns: ['.local', '.git', 'docs', 'deploy', 'examples', 'lab/bench', 'lab/e2e', 'lab/abuse/*/node_modules'],
  allowConsoleColors: false,
  disableTypeChecks: false,
};
