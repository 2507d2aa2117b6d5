import { runFault } from '../run-fault.ts';
import { soak } from '../soak/soak.ts';
import type { Length } from '../soak/soak.ts';
import type { Sample } from '../soak/sample.ts';
import type { ServerRoom } from '../world/servers.ts';
import { say, sayFinished } from './say.ts';
import type { Asked, Verdicts } from './say.ts';

const halfAnHour: Length = { rounds: 30, secondsEach: 60, perSecond: 25 };
export const thirtySeconds: Length = { rounds: 4, secondsEach: 8, perSecond: 25 };

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);

const saySample = ({ seconds, processes, databaseConnections, bookings }: Sample, harm: string): void => {
  const held = Object.entries(processes).map(
    ([name, { heapUsed, rss, handles, descriptors }]) =>
      `${name} ${megabytes(heapUsed)}/${megabytes(rss)} MB ${handles} handles ${descriptors} fds`,
  );
  say(`${seconds} s, ${bookings} bookings, ${databaseConnections} database connections: ${held.join('; ')}; ${harm}`);
};

/** `npm run soak`: half an hour with a fault each minute. Heap after garbage collection and resident memory are shown. */
export const runSoak = async (room: ServerRoom, { seed }: Asked, length = halfAnHour): Promise<Verdicts> => {
  const good = await sayFinished(await runFault(soak(length, saySample), room, { seed }));
  return { passed: good ? 1 : 0, failed: good ? 0 : 1 };
};
