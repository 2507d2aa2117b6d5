import { sayBacking } from '@mentor-sessions/local-stack/backing';
import { catalogue } from '../catalogue.ts';
import { rewritePage } from '../report/page.ts';
import { recordRun } from '../report/results.ts';
import { runFault } from '../run-fault.ts';
import type { ServerRoom } from '../world/servers.ts';
import { isAsked, say, sayFinished } from './say.ts';
import type { Asked, Verdicts } from './say.ts';

/** The faults that are asked for, with each seed. */
export const runAll = async (room: ServerRoom, asked: Asked): Promise<Verdicts> => {
  const faults = catalogue.filter(({ id }) => isAsked(asked, id));
  const servers = sayBacking(room.usual).split(':')[0] ?? '';
  let broken = 0;
  for (let seed = asked.seed; seed < asked.seed + asked.seeds; seed++) {
    for (const fault of faults) {
      const finished = await runFault(fault, room, { seed });
      if (!(await sayFinished(finished))) broken += 1;
      await recordRun(finished.run, servers);
      await rewritePage();
    }
  }
  say(`${faults.length} faults × ${asked.seeds} seeds: ${broken} runs with violations`);
  return { passed: faults.length * asked.seeds - broken, failed: broken };
};
