/**
 * `npm run faults`: every fault once, results added to docs/faults.md. `-- --only F6,F11 --seed 42 --seeds 5`: these faults
 * with seeds 42 to 46. `-- --first-cases`: of a number with several cases, only the first. `-- --quick`: a small set (part of npm run lab). `-- --planted`: bugs that the suite must find.
 * `-- --soak` is `npm run soak`.
 * Exit code 1 if any invariant was violated, or a planted bug was not found.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runAll, runPlantedBugs, runQuick, say, runSoak } from './modes.ts';
import { openServerRoom } from './world/servers.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 100_000)) },
    seeds: { type: 'string', default: '1' },
    'first-cases': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
  },
});
const { only, quick, planted, soak } = values;
const asked = {
  seed: Number(values.seed),
  seeds: Number(values.seeds),
  only: only?.split(','),
  firstCases: values['first-cases'],
};
const run = (quick && runQuick) || (planted && runPlantedBugs) || (soak && runSoak) || runAll;

say(`seed ${asked.seed}`);
const room = await openServerRoom(say);
try {
  const { passed, failed } = await run(room, asked);
  const file = process.env['MENTOR_SESSIONS_COUNTS_FILE'];
  if (file) await writeFile(file, JSON.stringify({ passed, failed, skipped: 0 }));
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  await room.close();
}
