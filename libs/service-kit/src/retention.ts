import type { Logger } from 'pino';
import { createDatabase, createDatabaseCheck, onlyValue, type Needs, type Queryable } from './database.ts';
import type { Component } from './lifecycle.ts';
import { loop, pause } from './loop.ts';

/** Removes a little of what is old and returns how much it was; called again until there is no more. */
export type RetentionTask = { readonly name: string; readonly removeSome: (db: Queryable) => Promise<number> };

const BATCH = 1_000;

/** Calls a function of the database that removes rows older than this, at most so many, and returns how many it was. */
export const forgetting = (name: string, call: string, keptHours: number): RetentionTask => {
  const statement = `select ${call}(clock_timestamp(), make_interval(hours => $1), ${BATCH})`;
  return { name, removeSome: async (db) => onlyValue<number>(await db.query(statement, [keptHours]), statement) };
};

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

/** At the start and every ten minutes; any number of replicas may run it. A task that fails is retried next time. */
export const createRetention = ({
  databaseUrl,
  applicationName,
  tasks,
  needs,
  log,
}: Retention): Component & { readonly canServe: () => Promise<true | string> } => {
  const database = createDatabase({ url: databaseUrl, applicationName, poolMax: 2, log });

  const removeAll = async ({ name, removeSome }: RetentionTask, signal: AbortSignal): Promise<void> => {
    let removed = 0;
    for (let some = -1; some !== 0 && !signal.aborted; removed += some) {
      some = await removeSome(database);
      if (some > 0) await pause(BREATH_MS, signal);
    }
    if (removed > 0) log.info({ removed }, `old ${name} removed`);
  };

  const removing = loop({
    name: 'retention',
    restMs: EVERY_MS,
    log,
    run: async ({ signal }) => {
      for (const task of tasks)
        await removeAll(task, signal).catch((err: unknown) =>
          log.warn({ err }, `removing old ${task.name} failed; will retry`),
        );
    },
  });

  return {
    ...removing,
    canServe: createDatabaseCheck(database, needs),
    stop: async () => {
      await removing.stop();
      await database.close();
    },
  };
};
