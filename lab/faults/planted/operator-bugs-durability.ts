import type { PlantedBug } from './planted-bug.ts';

const lookUp = 'libs/service-kit/src/database/write.ts';

export const operatorBugsOfDurability: readonly PlantedBug[] = [
  {
    id: 'M27',
    name: 'a backend that waits for its standby is ended, and what it shows then is answered',
    patches: [
      {
        file: lookUp,
        find: "when wait_event = 'ClientRead' and state in ('idle', 'active') then",
        replace: 'when true then',
      },
      { file: lookUp, find: '        await confirmDurable(pool);\n', replace: '' },
    ],
    fault: 'F49 cut off',
  },
];
