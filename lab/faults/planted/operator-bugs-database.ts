import type { PlantedBug } from './planted-bug.ts';

const database = 'libs/service-kit/src/database';
const settings = `${database}/session-settings.ts`;

export const operatorBugsOfDatabase: readonly PlantedBug[] = [
  {
    id: 'M23',
    name: 'session parameters are left to the server, and the driver makes null of a date that it cannot read',
    patches: [
      { file: settings, find: `DateStyle: 'ISO, MDY',`, replace: '' },
      { file: `${database}/values.ts`, find: 'if (!pattern) return parse;', replace: 'return parse;' },
    ],
    fault: 'F45',
  },
  {
    id: 'M25',
    name: 'a connection that was opened while the database was fenced stays in the pool',
    patches: [
      {
        file: `${database}/session.ts`,
        find: 'if (facts.isReadOnly && !mayBeReadOnly)',
        replace: 'if (facts.isReadOnly && false)',
      },
      { file: `${database}/errors.ts`, find: '/^(25006|26000|42P05|42501)$/', replace: '/^(26000|42P05)$/' },
      { file: `${database}/readiness.ts`, find: 'if (facts.isReadOnly)', replace: 'if (facts.isReadOnly && false)' },
    ],
    fault: 'F47',
  },
];
