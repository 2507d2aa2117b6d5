import { databaseName } from '@mentor-sessions/local-stack/databases';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import pg from 'pg';
import type { Stage } from '../../harness/stage.ts';

/** As the administrator, who alone may have the plans inside a function told. */
const connectedAsAdministrator = async ({ stack }: Stage): Promise<pg.Client> => {
  const url = new URL(testBacking().postgres.adminUrl);
  url.pathname = `/${databaseName(stack.bookings.databaseUrl)}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  return client;
};

/**
 * Plans that the claim makes while the outbox is empty, as they are when it is full (`fill`): a sort of the backlog, or a
 * sequential scan, would be there then. Throws if one is.
 */
export const assertClaimPlans = async (stage: Stage, fill: () => Promise<void>): Promise<void> => {
  const client = await connectedAsAdministrator(stage);
  const plans: string[] = [];
  client.on('notice', ({ message = '' }) => plans.push(message));
  try {
    await client.query("load 'auto_explain'");
    await client.query(`set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
      set client_min_messages = log`);
    const claim = (): Promise<unknown> => client.query('begin; select count(*) from outbox_claim(500); rollback');
    await claim();
    await fill();
    plans.length = 0;
    await claim();
    const ofOutbox = plans.filter((plan) => /on outbox\b/.test(plan) && !plan.includes('generate_series'));
    if (ofOutbox.length === 0) throw new Error('no plan of the claim was told');
    const bad = ofOutbox.find((plan) => /Seq Scan|Sort/.test(plan));
    if (bad) throw new Error(`the claim sorts or scans:\n${bad}`);
  } finally {
    await client.end();
  }
};
