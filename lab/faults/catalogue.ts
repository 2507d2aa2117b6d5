import type { Fault } from './fault.ts';
import { alarms } from './list/alarms.ts';
import { badSessions } from './list/bad-sessions.ts';
import { backlog } from './list/backlog.ts';
import { brokerLinks, databaseLinks } from './list/links.ts';
import { brokerRestarts } from './list/broker-restarts.ts';
import { clocks } from './list/clocks.ts';
import { clusterFaults } from './list/cluster.ts';
import { control } from './list/control.ts';
import { credentials } from './list/credentials.ts';
import { databaseAnswers } from './list/database-answers.ts';
import { databaseFaults } from './list/database-faults.ts';
import { databaseRestarts, otherDatabases } from './list/database-restarts.ts';
import { databaseStrain } from './list/database-strain.ts';
import { disks } from './list/disks.ts';
import { durability } from './list/durability.ts';
import { failover } from './list/failover.ts';
import { killedProcesses } from './list/killed-processes.ts';
import { logReaders } from './list/log-readers.ts';
import { lostEvents } from './list/lost-events.ts';
import { memory } from './list/memory.ts';
import { messages } from './list/messages.ts';
import { neighbours } from './list/neighbours.ts';
import { operatorsView } from './list/operators-view.ts';
import { processTrouble } from './list/process-trouble.ts';
import { backendCrashes } from './list/backend-crashes.ts';
import { refusals } from './list/refusals.ts';
import { restores } from './list/restores.ts';
import { rollingRestarts } from './list/rolling.ts';
import { sessionSettings } from './list/session-settings.ts';
import { timers } from './list/timers.ts';
import { topology } from './list/topology.ts';
import { upgrades } from './list/upgrades.ts';

const all = [
  control,
  ...killedProcesses,
  ...brokerRestarts,
  ...brokerLinks,
  ...clusterFaults,
  ...databaseRestarts,
  ...backendCrashes,
  ...otherDatabases,
  ...databaseAnswers,
  ...databaseLinks,
  ...databaseStrain,
  ...durability,
  ...disks,
  ...messages,
  ...refusals,
  ...topology,
  ...lostEvents,
  ...restores,
  backlog,
  ...alarms,
  ...clocks,
  ...credentials,
  ...rollingRestarts,
  ...processTrouble,
  ...logReaders,
  ...operatorsView,
  ...sessionSettings,
  ...badSessions,
  ...memory,
  ...databaseFaults,
  neighbours,
  ...timers,
  ...upgrades,
  ...failover,
];

const numberOf = ({ id }: Fault): number => Number(/\d+/.exec(id)?.[0]);

/** Every fault of the suite, in the order of its numbers. */
export const catalogue: readonly Fault[] = all.toSorted((a, b) => numberOf(a) - numberOf(b));
