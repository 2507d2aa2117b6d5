import type { PlantedBug } from './planted-bug.ts';

const batches = 'libs/service-kit/src/repository/batches.ts';

export const writePathBugs: readonly PlantedBug[] = [
  {
    id: 'M30',
    name: 'a command that the database refuses fails its whole batch',
    patches: [
      {
        file: batches,
        find: 'if (commands.length === 1 || !isRefused(error)) throw error;',
        replace: 'throw error;',
      },
    ],
    fault: 'F56',
  },
  {
    id: 'M31',
    name: 'an answer goes to another caller of the batch',
    patches: [
      {
        file: 'libs/service-kit/src/gather.ts',
        find: 'resolve(results[n] as Result)',
        replace: 'resolve(results[(n + 1) % batch.length] as Result)',
      },
    ],
    fault: 'F56',
  },
  {
    id: 'M32',
    name: 'a batch whose response is lost is answered as not done',
    patches: [
      {
        file: batches,
        find: 'return commands.flatMap(({ event, isDoneIn }, n) => {',
        replace: 'return (commands.length > 1 ? [] : commands).flatMap(({ event, isDoneIn }, n) => {',
      },
    ],
    fault: 'F56',
  },
];
