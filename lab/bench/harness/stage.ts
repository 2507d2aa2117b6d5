import { connect } from 'amqplib';
import pg from 'pg';
import { startSystem, type RoleName } from '@mentor-sessions/local-stack/system';
import { createTestStack } from '@mentor-sessions/lab/test-stack';
import { bookingAcceptedQueue, eventsExchange, sessionEventsQueue } from '@mentor-sessions/contracts';
import { profiling, STOP_WITHIN_MS } from './processes.ts';
import { declareTopology } from '../../../libs/messaging/src/broker/topology.ts';
import type { Candidate, Sample } from './job.ts';
import type { World } from './world.ts';

const queue = bookingAcceptedQueue.name;

/** The servers of one candidate: both databases, migrated, and a virtual host with the topology of the sessions service. */
export const openStage = async () => {
  const stack = await createTestStack();
  const system = startSystem({ stack, env: profiling });
  const pool = (connectionString: string) => new pg.Pool({ connectionString, max: 4 });
  const [bookings, sessions] = [pool(stack.bookings.adminDatabaseUrl), pool(stack.sessions.adminDatabaseUrl)];
  const broker = await connect(stack.amqpUrl, { noDelay: true });
  await declareTopology(broker, { exchange: eventsExchange, queues: [bookingAcceptedQueue] });
  const channel = await broker.createChannel();
  return {
    stack,
    /** Starts one of our roles as a process; resolves when it is ready. */
    start: async (role: RoleName) => {
      const process = await system.start(role);
      await process.waitReady();
      return { ...process, stop: () => process.end('SIGTERM', STOP_WITHIN_MS) };
    },
    /** As the owners, to fill and empty tables. */
    bookings,
    sessions,
    broker,
    /** Messages in the queue of the sessions consumer. */
    queued: async () => (await channel.checkQueue(queue)).messageCount,
    /** Declares the queue of the bookings service for session events, and empties it; nothing consumes it. */
    emptyNews: async () => {
      await declareTopology(broker, { exchange: eventsExchange, queues: [sessionEventsQueue] });
      await channel.purgeQueue(sessionEventsQueue.name);
    },
    /** Messages in that queue. */
    news: async () => (await channel.checkQueue(sessionEventsQueue.name)).messageCount,
    purge: async () => void (await channel.purgeQueue(queue)),
    close: async () => {
      await broker.close();
      await Promise.all([bookings.end(), sessions.end()]);
      await stack.close();
    },
  };
};

export type Stage = Awaited<ReturnType<typeof openStage>>;

export type Work = {
  readonly round: (world: World, stage: Stage) => Promise<Sample>;
  /** Once, before the first round. */
  readonly prepare?: (stage: Stage, world: World) => Promise<void>;
  readonly finish?: (stage: Stage) => Promise<void>;
};

/** A candidate with a stage of its own. */
export const onStage = (
  { name, kind }: Pick<Candidate, 'name' | 'kind'>,
  { round, prepare, finish }: Work,
): Candidate => ({
  name,
  kind,
  setUp: async (world) => {
    const stage = await openStage();
    await prepare?.(stage, world);
    const tearDown = async (): Promise<void> => {
      await finish?.(stage);
      await stage.close();
    };
    return { round: () => round(world, stage), tearDown };
  },
});
