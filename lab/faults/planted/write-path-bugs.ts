import { patchesOf, type PlantedBug } from './planted-bug.ts';

const batches = patchesOf('libs/service-kit/src/repository/batches.ts');
const gather = patchesOf('libs/service-kit/src/gather.ts');

export const writePathBugs: readonly PlantedBug[] = [
  {
    id: 'M30',
    name: 'a command that the database refuses fails its whole batch',
    patches: [batches('if (commands.length === 1 || !isRefused(error)) throw error;', 'throw error;')],
    fault: 'F56',
  },
  {
    id: 'M31',
    name: 'an answer goes to another caller of the batch',
    patches: [gather('resolve(results[n] as Result)', 'resolve(results[(n + 1) % batch.length] as Result)')],
    fault: 'F56',
  },
  {
    id: 'M32',
    name: 'a batch whose response is lost is answered as not done',
    patches: [
      batches(
        'return commands.flatMap(({ event, isDoneIn }, n) => {',
        'return (commands.length > 1 ? [] : commands).flatMap(({ event, isDoneIn }, n) => {',
      ),
    ],
    fault: 'F56',
  },
];
