import type { PlantedBug } from './planted-bug.ts';

/** Bugs that appear in ordinary operation: sizes, and revoked privileges. */
export const operatorBugsOfConsumers: readonly PlantedBug[] = [
  {
    id: 'M21',
    name: 'a body is gathered whole, however large it is',
    patches: [
      {
        file: 'libs/messaging/src/broker/bounded-deliveries.ts',
        find: 'frame.size > largest',
        replace: 'frame.size > Infinity',
      },
    ],
    fault: 'F43 huge',
  },
  {
    id: 'M26',
    name: 'what the database refuses counts against the message',
    patches: [
      {
        file: 'libs/messaging/src/consumer/classify-failure.ts',
        find: "if (fault === 'handler') return 'message';",
        replace: "if (fault !== 'database') return 'message';",
      },
    ],
    fault: 'F48',
  },
];
