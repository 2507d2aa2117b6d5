import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runChild } from './run-child.ts';
import type { Swarm } from './world/swarm.ts';

/** node lab/faults/simulation/run.ts --histories 1000 --seed 1; each line is JSON, the last one sums up. */
const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    planted: { type: 'string' },
    swarm: { type: 'string', default: '{}' },
    verbose: { type: 'boolean', default: false },
    'without-faults': { type: 'boolean', default: false },
    'stop-at-first': { type: 'boolean', default: false },
    'every-history': { type: 'boolean', default: false },
    /** File for the traces (lab/model/traces). */
    traces: { type: 'string' },
  },
});

const print = (line: object): void => console.log(JSON.stringify(line));

const simulate = async (): Promise<number> => {
  const { runHistory } = await import('./history.ts');
  const { startTracing } = await import('./world/traced.ts');
  const { createCounts } = await import('../../model/traces/counts.ts');
  const [histories, first] = [Number(values.histories), Number(values.seed)];
  const swarm = JSON.parse(values.swarm) as Partial<Swarm>;
  const [startedAt, cpuAtStart] = [performance.now(), process.cpuUsage()];
  let [steps, broken, ran] = [0, 0, 0];
  const counts = { relays: createCounts(), consumers: createCounts() };
  if (values.traces !== undefined) startTracing();
  for (let seed = first; seed < first + histories && !(values['stop-at-first'] && broken > 0); seed++) {
    const {
      violations,
      swarm: drawn,
      traces,
      ...result
    } = await runHistory(seed, { withoutFaults: values['without-faults'], swarm });
    steps += result.steps;
    ran += 1;
    for (const whose of ['relays', 'consumers'] as const) counts[whose].add(traces[whose], String(seed));
    if (violations.length > 0) broken += 1;
    if (values['every-history'] || violations.length > 0)
      print({ ...result, violations, ...(values.verbose ? { swarm: drawn } : {}) });
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuAtStart);
  const cpuSeconds = (user + system) / 1e6;
  const rates = { historiesPerSecond: Math.round(ran / seconds), historiesPerCpuSecond: Math.round(ran / cpuSeconds) };
  print({ histories: ran, seed: first, withViolations: broken, steps, seconds, cpuSeconds, ...rates });
  if (values.traces !== undefined) {
    const all = { relays: counts.relays.all(), consumers: counts.consumers.all() };
    await writeFile(values.traces, JSON.stringify(all));
  }
  return broken;
};

/** Stack traces of injected failures would take a third of the time. */
if (!values.verbose) Error.stackTraceLimit = 0;

if (values.planted === undefined) process.exitCode = (await simulate()) > 0 ? 1 : 0;
else {
  const args = ['--histories', values.histories, '--seed', values.seed, '--swarm', values.swarm, '--stop-at-first'];
  for (const line of await runChild({ args, plant: values.planted })) print({ planted: values.planted, ...line });
}
