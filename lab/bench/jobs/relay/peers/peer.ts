import { startScript, type Process } from '../../../harness/processes.ts';
import type { Stage } from '../../../harness/stage.ts';

export type HowUsed = { readonly isTuned: boolean };

/** `graphile-worker`, or `graphile-worker, tuned`: as it comes, or as its documentation advises for this job. */
export const named = (name: string, { isTuned }: HowUsed): string => (isTuned ? `${name}, tuned` : name);

/** Measured by the rate over this time: until all rows are out nobody would wait. */
export const SLOW_SECONDS = 20;

export const startPeer = async (
  { stack: { bookings } }: Stage,
  script: string,
  variables: Readonly<Record<string, string>>,
): Promise<Process[]> => [
  await startScript(`peers/${script}.ts`, {
    DATABASE_URL: bookings.adminDatabaseUrl, // peers make their own schema
    AMQP_URL: bookings.amqpUrl,
    ...variables,
  }),
];

export const isTunedVariable = ({ isTuned }: HowUsed): Record<string, string> => (isTuned ? { TUNED: 'yes' } : {});

/** Runs a statement that makes rows wait; they are seen when what comes back is called. */
export const fillBy = async (
  { bookings }: Stage,
  text: string,
  values: readonly unknown[],
): Promise<() => Promise<void>> => {
  const client = await bookings.connect();
  await client.query('begin');
  await client.query(text, [...values]);
  return async () => {
    await client.query('commit');
    client.release();
  };
};

export const isNone = async ({ bookings }: Stage, query: string): Promise<boolean> =>
  (await bookings.query(`${query} limit 1`)).rowCount === 0;
