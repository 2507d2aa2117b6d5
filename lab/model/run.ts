import { chosen, count, readArguments } from '@mentor-sessions/local-stack/arguments';
import { reportCounts } from '../../scripts/test-run/counts.ts';
import { configurations } from './configurations.ts';
import { keepResult, keptResult, rewritePage } from './report.ts';
import { runPlantedTraces, runSmallTraces, runTraces } from './traces/run-traces.ts';
import { exhaust, versionOfSearch } from './spin.ts';

const names = configurations.map((_, n) => String(n + 1));
const usage = `
npm run model -- [options]    tries every run of each configuration of the model; results are written to docs/model.md

  --only <numbers>   these alone, by their number in docs/model.md
  --again            also those that have a result for the model as it is
  --traces <n>       instead compares what relays do in n simulated histories with the model, and in histories with
                     planted bugs
  --small            the small ones and a few traces, and nothing is recorded, as in npm run lab

Exit code 1: a property is violated, a configuration could not be exhausted, or a trace was refused.
`;
const { only, again, small, traces } = readArguments(usage, {
  only: { type: 'string' },
  again: { type: 'boolean', default: false },
  small: { type: 'boolean', default: false },
  traces: { type: 'string' },
});
const wanted = chosen('only', only, names) ?? names;
const asked =
  traces !== undefined
    ? []
    : configurations.filter(({ isSmall = false }, n) => wanted.includes(String(n + 1)) && (isSmall || !small));

const say = (line: string): void => void process.stderr.write(`${line}\n`);
let [passed, failed] = [0, 0];
for (const configuration of asked) {
  if (!again && !small && (await keptResult(configuration))) continue;
  const began = performance.now();
  try {
    const version = await versionOfSearch(configuration); // of the text that is searched, not of a later one
    const { states, depth, violation } = await exhaust(configuration);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    say(`model ${configuration.name}: ${states.toLocaleString('en')} states, ${seconds} s`);
    if (violation) throw new Error([`violates "${violation.property}":`, ...violation.trace].join('\n  '));
    if (!small) await keepResult(version, { states, depth, seconds });
    passed += 1;
  } catch (error) {
    failed += 1;
    console.error(`model ${configuration.name} FAILED`, error);
  }
}
const countAll = async (run: Promise<{ passed: number; failed: number }>): Promise<void> => {
  const counts = await run;
  passed += counts.passed;
  failed += counts.failed;
};
if (small) await countAll(runSmallTraces());
if (traces !== undefined) {
  await countAll(runTraces(count('traces', traces)));
  await countAll(runPlantedTraces());
}
if (!small) await rewritePage();
reportCounts({ passed, failed });
