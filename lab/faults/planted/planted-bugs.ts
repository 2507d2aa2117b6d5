import { consumerBugs } from './consumer-bugs.ts';
import { operatorBugs } from './operator-bugs.ts';
import { outboxBugs } from './outbox-bugs.ts';
import type { PlantedBug } from './planted-bug.ts';
import { ruleBugs } from './rule-bugs.ts';
import { timerBugs } from './timer-bugs.ts';
import { writePathBugs } from './write-path-bugs.ts';

const numberOf = ({ id }: PlantedBug): number => Number(id.slice(1));

/** Bugs that systems of this kind had in reality; the suite must find each of them. */
export const plantedBugs: readonly PlantedBug[] = [
  ...outboxBugs,
  ...consumerBugs,
  ...ruleBugs,
  ...operatorBugs,
  ...timerBugs,
  ...writePathBugs,
].toSorted((a, b) => numberOf(a) - numberOf(b));
