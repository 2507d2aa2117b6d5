import { consumerBugs } from './consumer-bugs.ts';
import { operatorBugsOfConsumers } from './operator-bugs-consumer.ts';
import { operatorBugsOfDatabase } from './operator-bugs-database.ts';
import { operatorBugsOfDurability } from './operator-bugs-durability.ts';
import { operatorBugsOfReconciliation } from './operator-bugs-reconcile.ts';
import { outboxBugs } from './outbox-bugs.ts';
import { relayBugs } from './operator-bugs-relay.ts';
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
  ...operatorBugsOfConsumers,
  ...operatorBugsOfDatabase,
  ...operatorBugsOfDurability,
  ...operatorBugsOfReconciliation,
  ...relayBugs,
  ...timerBugs,
  ...writePathBugs,
].toSorted((a, b) => numberOf(a) - numberOf(b));
