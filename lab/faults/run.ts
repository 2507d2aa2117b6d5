import { count, readArguments } from '@mentor-sessions/local-stack/arguments';
import { reportCounts } from '../../scripts/test-run/counts.ts';
import { closeVerifiers } from './evidence/compare-with-model.ts';
import { runAll, runPlantedBugs, runQuick, say, runSoak } from './modes.ts';
import { openServerRoom } from './world/servers.ts';

const usage = `
npm run faults -- [options]    every fault once; results are added to docs/faults.md

  --only <faults>   these alone, such as F6,F11
  --seed <n>        default: a random one
  --seeds <n>       as many seeds from --seed on; default: 1
  --first-cases     of a number with several cases, only the first
  --quick           a small set, as in npm run lab
  --planted         bugs that the suite must find
  --soak            as npm run soak
  --traces          compares what relays and consumers did with the models (docs/model.md)

Exit code 1: an invariant was violated, or a planted bug was not found.
`;
const values = readArguments(usage, {
  only: { type: 'string' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 100_000)) },
  seeds: { type: 'string', default: '1' },
  'first-cases': { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  planted: { type: 'boolean', default: false },
  soak: { type: 'boolean', default: false },
  traces: { type: 'boolean', default: false },
});
const { only, quick, planted, soak } = values;
const asked = {
  seed: count('seed', values.seed),
  seeds: count('seeds', values.seeds),
  only: only?.split(','),
  firstCases: values['first-cases'],
  traces: values.traces,
};
const run = (quick && runQuick) || (planted && runPlantedBugs) || (soak && runSoak) || runAll;

say(`seed ${asked.seed}`);
const room = await openServerRoom(say);
try {
  reportCounts(await run(room, asked));
} finally {
  await closeVerifiers();
  await room.close();
}
