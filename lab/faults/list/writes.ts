import type { PatroniCluster } from '@mentor-sessions/lab/servers/patroni-cluster';
import type { Operation } from '../evidence/history.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { expectWithin } from './steps.ts';

export const patroniOf = (world: FaultWorld): PatroniCluster => world.servers.patroni as PatroniCluster;

const isWritten = ({ action, outcome }: Operation): boolean => action !== 'read' && outcome === 'ok';

/** The longest time (s) between two successful writes. */
export const longestGap = (world: FaultWorld): number => {
  const times = world.history.operations.filter(isWritten).map(({ endedAt }) => endedAt);
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  return Math.max(0, ...gaps) / 1_000;
};

/** Waits until a write sent from now on succeeds; returns the seconds. */
export const untilWritten = async (world: FaultWorld): Promise<number> => {
  const from = performance.now();
  const isSo = (operation: Operation): boolean => isWritten(operation) && operation.invokedAt > from;
  const written = () => world.history.operations.find(isSo);
  await expectWithin(world, 90_000, 'writes are answered with 2xx again within 90 s', () => written() !== undefined);
  return ((written()?.endedAt ?? Infinity) - from) / 1_000;
};
