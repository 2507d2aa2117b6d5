import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogue } from '../catalogue.ts';
import { runFault } from '../run-fault.ts';
import type { Run } from '../run-fault.ts';
import type { ServerRoom } from '../world/servers.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Nobody waits long for what a planted bug has lost. */
const PATIENCE_MS = 12_000;

/** Runs the fault that must bring the bug to light, with the bug in every process. */
export const runPlanted = async (bug: PlantedBug, room: ServerRoom, seed: number): Promise<Run> => {
  const fault = catalogue.find(({ id }) => id === bug.fault);
  if (!fault) throw new Error(`${bug.id}: there is no fault ${bug.fault}`);
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-planted-'));
  const planted = join(directory, 'patches.json');
  try {
    await writeFile(planted, JSON.stringify(bug.patches));
    return (await runFault(fault, room, { seed, planted, unguard: bug.unguard, patience: PATIENCE_MS })).run;
  } finally {
    await rm(directory, { recursive: true });
  }
};
