import pg from 'pg';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { laneOf } from '../src/outbox/lane.ts';
import { createPublishedRows, relayBatch } from '../src/relay/relay-batch.ts';
import { reviewWritten } from './reviews.ts';
import { createThirdService, type ThirdService } from './third-service.ts';

let service: ThirdService;
let other: pg.Client;
beforeAll(async () => {
  service = await createThirdService();
  other = new pg.Client({ connectionString: service.adminDatabaseUrl });
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await service.close();
});

const rejectCommits = `
create function reject() returns trigger language plpgsql as $$ begin raise exception 'rejected' using errcode = '40001'; end $$;
create constraint trigger reject after insert on outbox_published deferrable initially deferred for each row execute function reject()`;
const waitsForLane = `select 1 from pg_locks where locktype = 'advisory' and not granted`;

// found by a trace that the model refused: the second try, which found the lane locked, forgot what the first had published
test('what was published before a rejected COMMIT is not published again', async () => {
  const event = reviewWritten();
  const lane = laneOf(event.subject);
  await service.enqueue(event);
  await service.asOwner(rejectCommits);
  let published = 0;
  let lock: Promise<unknown> | undefined;
  /** Another relay waits for the lane, and gets it when the transaction is rolled back. */
  const publish = async () => {
    published += 1;
    lock ??= other.query('select pg_advisory_lock(1818324581, $1)', [lane]);
    await eventually(async () => published > 1 || (await service.asOwner(waitsForLane)).length > 0);
    return 'confirmed' as const;
  };
  const batch = {
    database: service.db,
    publisher: { publish },
    limits: { rows: 10, maxBodyBytes: 10_000 },
    mustReachAQueue: () => true,
    publishedRows: createPublishedRows(),
    isInDoubt: false,
  };
  expect((await relayBatch(batch)).results.size).toBe(0);
  await lock;
  await service.asOwner('drop trigger reject on outbox_published');
  await other.query('select pg_advisory_unlock_all()');
  expect([...(await relayBatch(batch)).results.values()]).toEqual(['published']);
  expect(published).toBe(1);
  expect(await service.db.query('select from outbox')).toEqual([]);
});
