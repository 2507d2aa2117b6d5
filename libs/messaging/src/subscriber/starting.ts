import type { ConsumeMessage } from 'amqplib';
import type { Database } from '@mentor-sessions/service-kit/database';
import type { Logger } from '@mentor-sessions/service-kit/log';
import { pause } from '@mentor-sessions/service-kit/loop';
import type { ConnectionReport } from '../broker/connect.ts';
import { storeDeadLetter } from '../inbox/dead-letters.ts';
import { tryOut } from '../inbox/inbox.ts';
import { sampleMessage } from '../inbox/message.ts';
import { resolvingInbox } from '../inbox/resolve-handled.ts';
import { brokerMisconfiguration, databaseMisconfiguration, Misconfigured } from './misconfigured.ts';

const LONGEST_PAUSE_MS = 5_000;
const MISCONFIGURED_RETRY_MS = 60_000;

type Waiting = { readonly queue: string; readonly signal: AbortSignal; readonly log: Logger };

/** Resolves when the tables can be used; rejects if someone must change something first. An outage is waited for. */
export const untilUsable = async (database: Database, { queue, signal, log }: Waiting): Promise<void> => {
  for (let failures = 0; ; failures += 1) {
    try {
      return await tryTables(database, queue);
    } catch (err) {
      signal.throwIfAborted();
      const sentence = databaseMisconfiguration(err);
      if (sentence) throw new Misconfigured(`database: ${sentence}`, { cause: err });
      if (failures === 0) log.warn({ err, queue }, 'database unavailable; will keep trying');
      await pause(Math.min(LONGEST_PAUSE_MS, 100 * 2 ** failures), signal);
      signal.throwIfAborted();
    }
  }
};

const nothing = { content: Buffer.alloc(0), fields: {}, properties: {} } as unknown as ConsumeMessage;

/** What the subscriber will do, so that tables of any other version show. */
const tryTables = (database: Database, queue: string): Promise<void> =>
  tryOut(database, async (tx) => {
    await resolvingInbox(database).enter(tx, queue, [sampleMessage('', undefined)]);
    await storeDeadLetter(tx, { delivery: nothing, queue, reason: 'handler-failed', detail: '', attempts: 0 });
  });

type Reporting = {
  readonly queue: string;
  readonly purposes: readonly string[];
  readonly log: Logger;
  /** Returns whether it is reported there, and not to be logged. */
  readonly onMisconfigured: (error: Misconfigured) => boolean;
};

/** Of a failure that may pass. */
const hintOf = (error: unknown): string => {
  const { code, message = '' } = (error ?? {}) as { code?: unknown; message?: string };
  if (code === 404) return 'the exchange does not exist: start the services, or check the path of amqpUrl';
  if (message.startsWith('Socket closed abruptly'))
    return 'the port of amqpUrl closes connections: use amqps:// if it is for TLS, 5672 if it is for HTTP, or wait for the broker';
  return 'broker unavailable';
};

/** All connections of a subscriber together: one line when they are open, one for each that is lost, one for an outage. */
export const connectionReport = ({ queue, purposes, log, onMisconfigured }: Reporting): ConnectionReport => {
  const [open, failing] = [new Set<string>(), new Set<string>()];
  return {
    opened: (purpose) => {
      open.add(purpose);
      failing.delete(purpose);
      if (open.size === purposes.length) log.info({ queue, connections: purposes }, 'broker connected');
    },
    lost: (purpose, err) => {
      open.delete(purpose);
      log.warn({ err, queue, connection: purpose }, 'broker connection lost; reconnecting');
    },
    failed: (purpose, err) => {
      open.delete(purpose);
      const sentence = brokerMisconfiguration(err);
      const isReported = sentence && onMisconfigured(new Misconfigured(`broker: ${sentence}`, { cause: err }));
      if (!isReported && failing.size === 0) {
        if (sentence) log.error({ err, queue }, `${sentence} Will retry every minute`);
        else log.warn({ err, queue }, `${hintOf(err)}; will keep trying`);
      }
      failing.add(purpose);
      return sentence ? MISCONFIGURED_RETRY_MS : undefined;
    },
  };
};
