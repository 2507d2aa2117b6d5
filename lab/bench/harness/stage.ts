import { connect, type Channel, type ChannelModel } from 'amqplib';
import pg from 'pg';
import { startSystem, type RoleName } from '@mentor-sessions/local-stack/system';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { bookingAcceptedQueue, eventsExchange, sessionEventsQueue } from '@mentor-sessions/contracts';
import { profiling, STOP_WITHIN_MS, type Process } from './processes.ts';
import { declareTopology } from '../../../libs/messaging/src/broker/topology.ts';
import type { Candidate, Sample } from './job.ts';
import type { World } from './world.ts';

/** The servers of one candidate: both databases, migrated, and a virtual host with the topology of the sessions service. */
export type Stage = {
  readonly stack: TestStack;
  /** Starts one of our roles as a process; resolves when it is ready. */
  start(role: RoleName): Promise<Process & { readonly url: string; readonly adminUrl: string }>;
  /** As the owners, to fill and empty tables. */
  readonly bookings: pg.Pool;
  readonly sessions: pg.Pool;
  readonly broker: ChannelModel;
  readonly channel: Channel;
  /** Messages in the queue of the sessions consumer. */
  queued(): Promise<number>;
  /** Declares the queue of the bookings service for session events, and empties it; nothing consumes it. */
  emptyNews(): Promise<void>;
  /** Messages in that queue. */
  news(): Promise<number>;
  purge(): Promise<void>;
  close(): Promise<void>;
};

const queue = bookingAcceptedQueue.name;

export const openStage = async (): Promise<Stage> => {
  const stack = await createTestStack();
  const system = startSystem({ stack, env: profiling });
  const pool = (connectionString: string) => new pg.Pool({ connectionString, max: 4 });
  const [bookings, sessions] = [pool(stack.bookings.adminDatabaseUrl), pool(stack.sessions.adminDatabaseUrl)];
  const broker = await connect(stack.amqpUrl, { noDelay: true });
  await declareTopology(broker, { exchange: eventsExchange, queues: [bookingAcceptedQueue] });
  const channel = await broker.createChannel();
  return {
    stack,
    start: async (role) => {
      const process = await system.start(role);
      await process.waitReady();
      return { ...process, stop: () => process.end('SIGTERM', STOP_WITHIN_MS) };
    },
    bookings,
    sessions,
    broker,
    channel,
    queued: async () => (await channel.checkQueue(queue)).messageCount,
    emptyNews: async () => {
      await declareTopology(broker, { exchange: eventsExchange, queues: [sessionEventsQueue] });
      await channel.purgeQueue(sessionEventsQueue.name);
    },
    news: async () => (await channel.checkQueue(sessionEventsQueue.name)).messageCount,
    purge: async () => void (await channel.purgeQueue(queue)),
    close: async () => {
      await broker.close();
      await Promise.all([bookings.end(), sessions.end()]);
      await stack.close();
    },
  };
};

type Work = {
  readonly round: (world: World, stage: Stage) => Promise<Sample>;
  /** Once, before the first round. */
  readonly prepare?: (stage: Stage, world: World) => Promise<void>;
};

/** A candidate with a stage of its own. */
export const onStage = ({ name, kind }: Pick<Candidate, 'name' | 'kind'>, { round, prepare }: Work): Candidate => ({
  name,
  kind,
  setUp: async (world) => {
    const stage = await openStage();
    await prepare?.(stage, world);
    return { round: () => round(world, stage), tearDown: stage.close };
  },
});
