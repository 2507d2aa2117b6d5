import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createDatabase, createDatabaseCheck, type Needs, type Queryable } from './database.ts';
import type { Component } from './lifecycle.ts';

/** Removes a little of what is old and returns how much it was; called again until there is no more. */
export type RetentionTask = { readonly name: string; readonly removeSome: (db: Queryable) => Promise<number> };

type Retention = {
  /** As the retention role: a connection of its own. */
  readonly databaseUrl: string;
  readonly applicationName: string;
  readonly tasks: readonly RetentionTask[];
  /** What the tasks do. */
  readonly needs: Needs;
  readonly log: Logger;
};

const EVERY_MS = 600_000;
/** Between two batches, so that the work of others goes first. */
const BREATH_MS = 50;

/** At the start and every ten minutes; any number of replicas may. What fails is tried the next time. */
export const createRetention = ({
  databaseUrl,
  applicationName,
  tasks,
  needs,
  log,
}: Retention): Component & { readonly canServe: () => Promise<true | string> } => {
  const database = createDatabase({ url: databaseUrl, applicationName, poolMax: 2, log });
  const stop = new AbortController();
  const { signal } = stop;
  let running: Promise<void> = Promise.resolve();
  const breathe = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined);

  const removeAll = async ({ name, removeSome }: RetentionTask): Promise<void> => {
    let removed = 0;
    for (let some = -1; some !== 0 && !signal.aborted; removed += some) {
      some = await removeSome(database);
      if (some > 0) await breathe(BREATH_MS);
    }
    if (removed > 0) log.info({ removed }, `old ${name} removed`);
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      for (const task of tasks) {
        await removeAll(task).catch((err: unknown) => log.warn({ err }, `old ${task.name} are removed later`));
      }
      await breathe(EVERY_MS);
    }
  };

  return {
    name: 'retention',
    canServe: createDatabaseCheck(database, needs),
    start: async () => {
      running = run();
    },
    stop: async () => {
      stop.abort();
      await running;
      await database.close();
    },
  };
};
