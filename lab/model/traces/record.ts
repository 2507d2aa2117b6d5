import { openSync, writeSync } from 'node:fs';
import pg from 'pg';
import { watchChannels } from './observe-amqp.ts';
import { watchClient, type WatchedClient } from './observe-database.ts';
import type { See, Seen } from './seen.ts';

/** A line of a process's file. Times are comparable between processes of one machine. */
export type Recorded = Seen & { readonly at: string };

/** Records this process's calls of pg and amqplib to a file. The first line marks the end of an earlier process. */
export const recordTo = (file: string): void => {
  const descriptor = openSync(file, 'a');
  const see: See = (seen) => {
    writeSync(descriptor, `${JSON.stringify({ at: String(process.hrtime.bigint()), ...seen })}\n`);
  };
  see({ kind: 'died' });
  const { connect } = pg.Client.prototype as { connect: (...args: unknown[]) => unknown };
  (pg.Client.prototype as { connect: typeof connect }).connect = function (this: WatchedClient, ...args) {
    watchClient(this, see);
    return connect.apply(this, args);
  };
  watchChannels(() => see);
};
