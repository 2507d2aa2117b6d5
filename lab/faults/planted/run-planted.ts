import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogue } from '../catalogue.ts';
import { runFault } from '../run-fault.ts';
import type { Violation } from '../evidence/evidence.ts';
import type { ServerRoom } from '../world/servers.ts';
import type { PlantedBug } from './planted-bug.ts';

/** No one waits long for what a planted bug has lost. */
const PATIENCE_MS = 12_000;

type How = { readonly seed: number; readonly traces: boolean };
export type Finding = { readonly violations: readonly Violation[]; readonly seconds: number };

/** Runs the fault that must bring the bug to light, with the bug in every process. A fault that cannot be done finds nothing: only the checker's invariants count. */
export const runPlanted = async (bug: PlantedBug, room: ServerRoom, { seed, traces }: How): Promise<Finding> => {
  const fault = catalogue.find(({ id }) => id === bug.fault);
  if (!fault) throw new Error(`${bug.id}: there is no fault ${bug.fault}`);
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-planted-'));
  const planted = join(directory, 'patches.json');
  try {
    await writeFile(planted, JSON.stringify(bug.patches));
    const { run } = await runFault(fault, room, { seed, planted, unguard: bug.unguard, patience: PATIENCE_MS, traces });
    return { violations: run.violations.filter(({ invariant }) => invariant !== 'promise'), seconds: run.seconds };
  } finally {
    await rm(directory, { recursive: true });
  }
};
