import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runFault, type Finished, type Run } from './run-fault.ts';
import { sayBacking } from '@mentor-sessions/local-stack/backing';
import { catalogue } from './catalogue.ts';
import { rewritePage, recordRun } from './report.ts';
import { recordRefusal, recordTraces } from './evidence/compare-with-model.ts';
import type { ServerRoom } from './world/servers.ts';
import { plantedBugs } from './planted/planted-bugs.ts';
import { runPlanted } from './planted/run-planted.ts';
import { soak, type Length } from './soak/soak.ts';
import type { Sample } from './soak/growth.ts';

const asJson = (_key: string, value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries(value) : value instanceof Set ? [...value] : value;

/** Stores what is needed to understand a violation: history, evidence, logs. Returns the directory. */
const keepEvidence = async ({ run, evidence, logs }: Finished): Promise<string> => {
  const directory = join('.local', 'faults', `${run.fault.replaceAll(' ', '-')}-${run.seed}`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'violations.json'), JSON.stringify(run.violations, asJson, 2));
  await writeFile(join(directory, 'evidence.json'), JSON.stringify(evidence, asJson));
  for (const [name, text] of logs) await writeFile(join(directory, name), text);
  return directory;
};

export type Asked = {
  readonly seed: number;
  readonly seeds: number;
  readonly only: readonly string[] | undefined;
  /** Only the first case of each number. */
  readonly firstCases: boolean;
  /** Whether traces are compared with the models. */
  readonly traces: boolean;
};

/** Numbers of runs without and with a violation. */
type Verdicts = { readonly passed: number; readonly failed: number };

export const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Whether a fault or a planted bug is selected, by its id or its number. */
const isAsked = ({ only, firstCases }: Asked, id: string): boolean =>
  !(firstCases && id.includes(' ')) &&
  (only === undefined || only.includes(id) || only.includes(id.split(' ')[0] ?? ''));

const sayRun = ({ fault, seed, seen, seconds, figures, violations }: Run): void => {
  const { bookings, accepted, completed, unknown, copies } = figures;
  const verdict = violations.length === 0 ? 'ok    ' : 'BROKEN';
  const counts = `${bookings} bookings, ${accepted} accepted, ${completed} completed`;
  say(
    `${verdict} ${fault}, seed ${seed}, ${seconds} s: ${counts}, ${unknown} unknown answers, ${copies} copies; ${seen}`,
  );
};

/** Prints the result and, after a violation, where the evidence is. */
const sayFinished = async (finished: Finished): Promise<boolean> => {
  const { run, traced } = finished;
  sayRun(run);
  if (traced) say(`       ${traced.says}`);
  if (run.violations.length === 0) return true;
  const kinds = Map.groupBy(run.violations, ({ invariant, says }) => `${invariant}: ${says}`);
  for (const [kind, all] of kinds)
    say(`       ${kind} (${all.length} ×), e.g. ${JSON.stringify(all[0]?.witness)?.slice(0, 300)}`);
  say(
    `       history, evidence and logs are in ${await keepEvidence(finished)}; again: npm run faults -- --only '${run.fault}' --seed ${run.seed}`,
  );
  return false;
};

/** Runs the selected faults with each seed. */
export const runAll = async (room: ServerRoom, asked: Asked): Promise<Verdicts> => {
  const faults = catalogue.filter(({ id }) => isAsked(asked, id));
  const servers = sayBacking(room.usual).split(':')[0] ?? '';
  let broken = 0;
  for (let seed = asked.seed; seed < asked.seed + asked.seeds; seed++) {
    for (const fault of faults) {
      const finished = await runFault(fault, room, { seed, traces: asked.traces });
      if (!(await sayFinished(finished))) broken += 1;
      await recordRun(finished.run, servers);
      if (finished.traced) await recordTraces(fault.id, finished.traced);
      await rewritePage();
    }
  }
  say(`${faults.length} faults × ${asked.seeds} seeds: ${broken} runs with violations`);
  return { passed: faults.length * asked.seeds - broken, failed: broken };
};

/** Plants each bug and runs its fault: the checker must complain. */
export const runPlantedBugs = async (room: ServerRoom, asked: Asked): Promise<Verdicts> => {
  const bugs = plantedBugs.filter(({ id }) => isAsked(asked, id));
  let found = 0;
  for (const bug of bugs) {
    const { violations, seconds } = await runPlanted(bug, room, asked);
    if (asked.traces) await recordRefusal(`${bug.id}, ${bug.name}`, violations);
    const invariants = [...new Set(violations.map(({ invariant }) => invariant))].join(', ');
    const first = violations[0]?.says ?? '';
    if (violations.length > 0) found += 1;
    say(
      `${violations.length > 0 ? 'found    ' : 'NOT FOUND'} ${bug.id} ${bug.name} (${bug.fault}, ${seconds} s): ${invariants} ${first}`,
    );
  }
  say(`planted bugs found: ${found} of ${bugs.length}`);
  return { passed: found, failed: bugs.length - found };
};

const halfAnHour: Length = { rounds: 30, secondsEach: 60, perSecond: 25 };
const thirtySeconds: Length = { rounds: 4, secondsEach: 8, perSecond: 25 };

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);

const saySample = ({ seconds, processes, databaseConnections, bookings }: Sample, harm: string): void => {
  const held = Object.entries(processes).map(
    ([name, { heapUsed, rss, handles, descriptors }]) =>
      `${name} ${megabytes(heapUsed)}/${megabytes(rss)} MB ${handles} handles ${descriptors} fds`,
  );
  say(`${seconds} s, ${bookings} bookings, ${databaseConnections} database connections: ${held.join('; ')}; ${harm}`);
};

/** `npm run soak`: half an hour with a fault each minute. Heap after garbage collection and resident memory are shown. */
export const runSoak = async (room: ServerRoom, { seed, traces }: Asked, length = halfAnHour): Promise<Verdicts> => {
  const finished = await runFault(soak(length, saySample), room, { seed, traces });
  if (finished.traced && length === halfAnHour) await recordTraces('soak', finished.traced);
  const good = await sayFinished(finished);
  return { passed: good ? 1 : 0, failed: good ? 0 : 1 };
};

/** One fault of each fast kind; planted bugs show that the checker works. */
const crashesAndLinks = [
  'F1',
  'F2',
  'F3',
  'F5',
  'F6',
  'F7',
  'F9 unsent',
  'F15 reset',
  'F18',
  'F19',
  'F24',
  'F38 races',
];
const whatOperatorsHave = [
  'F43 small',
  'F44 property',
  'F45 settings',
  'F46',
  'F47 keys',
  'F48',
  'F49 synchronous_commit off',
  'F50',
  'F51',
  'F53 group',
  'F54 crash',
];
const faults = [...crashesAndLinks, ...whatOperatorsHave];
const bugs = ['M6', 'M10', 'M24'];
/** Small numbers: load, services and servers share two cores. */
const load = { bookings: 100, perSecond: 20 };

/** Part of `npm run lab`; nothing is recorded. */
export const runQuick = async (room: ServerRoom, asked: Asked): Promise<Verdicts> => {
  const { seed, only, traces } = asked;
  let [passed, failed] = [0, 0];
  const count = (isGood: boolean): void => void (isGood ? (passed += 1) : (failed += 1));
  for (const fault of catalogue.filter(({ id }) => faults.includes(id) && isAsked(asked, id)))
    count(await sayFinished(await runFault(fault, room, { seed, load, isSmall: true, traces })));
  for (const bug of plantedBugs.filter(({ id }) => bugs.includes(id) && isAsked(asked, id))) {
    const { violations } = await runPlanted(bug, room, asked);
    count(violations.length > 0);
    say(`${violations.length > 0 ? 'found ' : 'MISSED'} the planted bug ${bug.id}: ${bug.name}`);
  }
  if (!only) count((await runSoak(room, asked, thirtySeconds)).failed === 0);
  return { passed, failed };
};
