import { openSync, writeSync } from 'node:fs';
import pg from 'pg';
import { watchClient, watchPublishing, type WatchedClient } from './observe.ts';
import type { Seen } from './seen.ts';

/** A line of a process's file; times of all processes of a machine can be compared. */
export type Recorded = Seen & { readonly at: string };

/** Writes what this process does at its edges to a file, from now on. Its first line says that an earlier process is dead. */
export const recordTo = (file: string): void => {
  const descriptor = openSync(file, 'a');
  const see = (seen: Seen): void => {
    writeSync(descriptor, `${JSON.stringify({ at: String(process.hrtime.bigint()), ...seen })}\n`);
  };
  see({ kind: 'died' });
  const { connect } = pg.Client.prototype as { connect: (...args: unknown[]) => unknown };
  (pg.Client.prototype as { connect: typeof connect }).connect = function (this: WatchedClient, ...args) {
    watchClient(this, see);
    return connect.apply(this, args);
  };
  watchPublishing(() => see);
};
