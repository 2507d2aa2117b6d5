// The allowed arrows of the house. Each rule is named as the sentence that it keeps.
const ours = '^(libs|services|ops|scripts|lab|examples|deploy)/';
const inService = (room) => `^services/([^/]+)/src/${room}/`;
const rooms = (...names) => `^services/[^/]+/src/(${names.join('|')})/`;
const tests = ['[.]test[.]ts$', '^(libs|services|examples)/[^/]+/test/', '^ops/test/', '^lab/', '^deploy/[^/]+/test/'];
const testsAndScripts = [...tests, '^scripts/', '^deploy/', '^jest[^/]*$', '^libs/local-stack/'];

/** `from` may import these of ours, itself included, and no other. */
const knowsOnly = (name, from, ...allowed) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: tests },
  to: { path: ours, pathNot: [from, ...allowed] },
});

const forbid = (name, from, to) => ({ name, severity: 'error', from, to });

/** The folders of libs/messaging/src, in order: each may import itself and those before it. */
const messaging = [
  'broker',
  'operations',
  'publisher',
  'outbox',
  'timer',
  'relay',
  'inbox',
  'consumer',
  'dead-letters',
  'subscriber',
];
const inMessaging = (folders) => `^libs/messaging/src/(${folders.join('|')})/`;
const messagingPointsOneWay = messaging
  .slice(0, -1)
  .map((folder, at) =>
    forbid(
      `messaging-${folder}-imports-only-what-comes-before-it`,
      { path: inMessaging([folder]), pathNot: tests },
      { path: [inMessaging(messaging.slice(at + 1)), '^libs/messaging/src/index[.]ts$'] },
    ),
  );

module.exports = {
  forbidden: [
    // packages
    knowsOnly('service-kit-knows-nothing-here', '^libs/service-kit/'),
    knowsOnly('messaging-knows-only-the-service-kit', '^libs/messaging/', '^libs/service-kit/'),
    ...messagingPointsOneWay,
    knowsOnly('api-client-knows-nothing-here', '^libs/api-client/'),
    knowsOnly('local-stack-knows-nothing-here', '^libs/local-stack/'),
    forbid(
      'contracts-know-only-zod',
      { path: '^libs/contracts/src/', pathNot: tests },
      { pathNot: ['^libs/contracts/', 'node_modules/zod/'] },
    ),
    knowsOnly('ops-know-only-libs', '^ops/', '^libs/service-kit/', '^libs/messaging/', '^libs/contracts/'),
    knowsOnly('examples-know-what-strangers-know', '^examples/(?!surveys/)', '^libs/contracts/', '^libs/messaging/'),
    knowsOnly('a-third-service-knows-only-libs', '^examples/surveys/', '^libs/(contracts|messaging|service-kit)/'),
    forbid(
      'libs-know-no-service',
      { path: '^libs/', pathNot: tests },
      { path: '^(services|ops|lab|examples|deploy)/' },
    ),
    forbid(
      'services-never-import-each-other',
      { path: '^services/([^/]+)/' },
      { path: '^services/', pathNot: '^services/$1/' },
    ),
    forbid(
      'services-import-no-scripts',
      { path: '^services/', pathNot: tests },
      { path: '^(scripts|ops|lab|examples|deploy)/' },
    ),
    forbid('local-stack-only-in-tests-and-scripts', { pathNot: testsAndScripts }, { path: '^libs/local-stack/' }),
    forbid('tests-are-imported-by-tests-only', { pathNot: tests }, { path: tests.join('|') }),
    forbid(
      'amqplib-only-in-messaging',
      { pathNot: ['^libs/messaging/', ...testsAndScripts] },
      { path: 'node_modules/(@types/)?amqplib/' },
    ),
    forbid(
      'packages-import-each-other-by-name',
      { path: '^(libs|services)/([^/]+)/', pathNot: '^services/test/' },
      { path: '^(libs|services)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    ),

    // rooms of a service
    forbid(
      'http-imports-neither-messaging-nor-database',
      { path: inService('http') },
      { path: [rooms('messaging', 'database'), 'node_modules/(@types/)?(pg|@mikro-orm)/'] },
    ),
    forbid(
      'messaging-imports-neither-http-nor-database',
      { path: inService('messaging') },
      { path: [rooms('http', 'database'), 'node_modules/(@types/)?(pg|@mikro-orm)/'] },
    ),
    forbid('use-cases-do-not-know-the-doors', { path: inService('use-cases') }, { path: rooms('http', 'messaging') }),
    forbid(
      'database-knows-only-the-domain',
      { path: inService('database'), pathNot: tests },
      { path: rooms('http', 'messaging', 'use-cases') },
    ),
    forbid(
      'rooms-do-not-know-the-composition-root',
      { path: inService('[^/]+'), pathNot: tests },
      { path: '^services/[^/]+/src/(service|main)[.]ts$' },
    ),
    forbid(
      'domain-is-pure',
      { path: inService('domain'), pathNot: tests },
      {
        pathNot: [
          '^services/$1/src/domain/',
          '^libs/contracts/',
          '^libs/service-kit/src/(errors|actor|transitions)[.]ts$',
        ],
      },
    ),

    // every file
    forbid('no-circular', {}, { circular: true }),
    forbid(
      'no-orphans',
      {
        orphan: true,
        pathNot: [...tests, '[.]d[.][cm]?ts$', '(^|/)[.]?[^/]+[.]config[.](ts|mjs|cjs)$'],
      },
      {},
    ),
    // lab/generators installs its own packages when it is first run
    forbid('no-unresolvable', { pathNot: '^lab/generators/' }, { couldNotResolve: true }),
    forbid(
      'sources-import-declared-packages-only',
      // local-stack is for development as a whole, and so is what it depends on
      { path: '^(libs|services)/[^/]+/src/', pathNot: [...tests, '^libs/local-stack/'] },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(coverage|generated|[.]local)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Without this, type-only imports and all of what TypeScript erases would be invisible arrows.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
