import { catalogue } from '../catalogue.ts';
import { plantedBugs } from '../planted/planted-bugs.ts';
import { runPlanted } from '../planted/run-planted.ts';
import { runFault } from '../run-fault.ts';
import type { ServerRoom } from '../world/servers.ts';
import { isAsked, say, sayFinished } from './say.ts';
import { runSoak, thirtySeconds } from './soak.ts';
import type { Asked, Verdicts } from './say.ts';

/** One of each kind that needs no waiting; planted bugs show that the checker is awake. */
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
/** As few as show something: on two cores people, services and servers share the time. */
const load = { bookings: 100, perSecond: 40 };

/** A few minutes, as part of `npm test`; nothing is recorded. */
export const runQuick = async (room: ServerRoom, asked: Asked): Promise<Verdicts> => {
  const { seed, only } = asked;
  let [passed, failed] = [0, 0];
  const count = (isGood: boolean): void => void (isGood ? (passed += 1) : (failed += 1));
  for (const fault of catalogue.filter(({ id }) => faults.includes(id) && isAsked(asked, id)))
    count(await sayFinished(await runFault(fault, room, { seed, load })));
  for (const bug of plantedBugs.filter(({ id }) => bugs.includes(id) && isAsked(asked, id))) {
    const { violations } = await runPlanted(bug, room, seed);
    count(violations.length > 0);
    say(`${violations.length > 0 ? 'found ' : 'MISSED'} the planted bug ${bug.id}: ${bug.name}`);
  }
  if (!only) count((await runSoak(room, asked, thirtySeconds)).failed === 0);
  return { passed, failed };
};
