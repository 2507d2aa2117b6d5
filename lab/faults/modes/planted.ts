import { plantedBugs } from '../planted/planted-bugs.ts';
import { runPlanted } from '../planted/run-planted.ts';
import type { ServerRoom } from '../world/servers.ts';
import { isAsked, say } from './say.ts';
import type { Asked, Verdicts } from './say.ts';

/** Plants each bug and runs its fault: the checker must complain. */
export const runPlantedBugs = async (room: ServerRoom, asked: Asked): Promise<Verdicts> => {
  const bugs = plantedBugs.filter(({ id }) => isAsked(asked, id));
  let found = 0;
  for (const bug of bugs) {
    const { violations, seconds } = await runPlanted(bug, room, asked.seed);
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
