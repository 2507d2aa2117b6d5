import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { startNativePostgres } from '@mentor-sessions/local-stack/native-postgres';
import { makePrivateDirectory } from '@mentor-sessions/lab/servers/private-directory';
import { laneOf } from '../src/outbox/lane.ts';
import { enqueue } from '../src/index.ts';
import { createLowWaterMarks, type LowWaterMarks } from '../src/relay/low-water-marks.ts';
import { claimRows, moveToPublished } from '../src/relay/outbox-rows.ts';
import { reviewWritten } from './reviews.ts';
import { createThirdService, type ThirdService } from './third-service.ts';

/** Crash recovery takes positions back that were given out; a server of its own, for it is crashed. */
let directory: Awaited<ReturnType<typeof makePrivateDirectory>>;
let server: Awaited<ReturnType<typeof startNativePostgres>>;
let service: ThirdService;
let marks: LowWaterMarks;
beforeAll(async () => {
  directory = await makePrivateDirectory('crash');
  const settings = { fsync: 'on', full_page_writes: 'on', autovacuum: 'off' };
  server = await startNativePostgres(directory.path, { settings });
  service = await createThirdService({ postgres: server });
});
beforeEach(() => {
  marks = createLowWaterMarks(service.db, 0);
});
afterAll(async () => {
  await service.close();
  await server.kill();
  await directory.remove();
});

const LANE = 3;
const subjectInLane = (): string => {
  for (;;) {
    const id = randomUUID();
    if (laneOf(id) === LANE) return id;
  }
};
const subject = subjectInLane();
const event = (sequence: number) => reviewWritten({ subject, sequence: String(sequence).padStart(10, '0') });

const claimable = async () =>
  (await service.db.transaction((tx) => claimRows(tx, { rows: 100 }, marks.current()))).map((row) => row.message_id);
const publishAll = () =>
  service.db.transaction(async (tx) => moveToPublished(tx, await claimRows(tx, { rows: 100 }, marks.current())));
const asOwner = async <T>(use: (owner: pg.Client) => Promise<T>): Promise<T> => {
  const owner = new pg.Client({ connectionString: service.adminDatabaseUrl });
  owner.on('error', () => undefined);
  await owner.connect();
  return use(owner).finally(() => owner.end().catch(() => undefined));
};
type Sequence = { last_value: string; log_cnt: string };
const sequence = (owner: pg.Client) =>
  owner.query<Sequence>('select last_value, log_cnt from outbox_position_seq').then(({ rows }) => rows[0]!);

/** The next position needs a record in the log: by then the 32 that were logged ahead are used up. */
const useUpWhatIsLogged = () =>
  asOwner(async (owner) => {
    while ((await sequence(owner)).log_cnt !== '0') await owner.query("select nextval('outbox_position_seq')");
  });

/** An event that is inserted, seen by a look at the horizon, and lost with its backend; gives its position. */
const insertAndCrash = () =>
  asOwner(async (writer) => {
    await writer.query('begin');
    const { rows } = await writer.query<{ position: string; pid: number }>(
      `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
       values (gen_random_uuid(), gen_random_uuid(), 1, 'review.written', ${LANE}, '{}')
       returning position, pg_backend_pid() as pid`,
    );
    await marks.raise(true);
    process.kill(rows[0]!.pid, 'SIGKILL');
    await eventually(async () => (await writer.query('select 1').catch(() => null)) === null);
    return Number(rows[0]!.position);
  });

/** Until every connection of the pool works: each one of before the crash fails once. */
const untilRecovered = () =>
  eventually(async () => {
    await Promise.all(Array.from({ length: 20 }, () => service.db.query('select 1')));
    return true;
  });

test('a row that commits late after a server crash is still published', async () => {
  await service.enqueue(event(1));
  await publishAll();
  await useUpWhatIsLogged();
  await insertAndCrash();
  await untilRecovered();
  const [late, next] = [event(2), event(3)];
  const [inserted, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const writing = service.db.transaction(async (tx) => {
    await enqueue(tx, [late]);
    inserted.resolve();
    await mayCommit.promise;
  });
  await Promise.race([inserted.promise, writing]);
  await marks.raise(true);
  mayCommit.resolve();
  await writing;
  await service.enqueue(next);
  expect(await claimable()).toEqual([late.id, next.id]);
  await publishAll();
});

test.each([
  ['setval', "select setval('outbox_position_seq', 1)"],
  ['alter sequence', 'alter sequence outbox_position_seq restart with 1'],
])('claims scan from the start when the sequence is set back by %s', async (_, setBack) => {
  await service.enqueue(event(10), event(11));
  await publishAll();
  await marks.raise(true);
  await marks.raise(false);
  await asOwner((owner) => owner.query(setBack));
  const [first, second] = [event(12), event(13)];
  await service.enqueue(first, second);
  await claimable().catch(() => marks.forget());
  expect(await claimable()).toEqual([first.id, second.id]);
  await publishAll();
  await asOwner((owner) =>
    owner.query(`select setval('outbox_position_seq', 1000 + (select max(position) from outbox_published))`),
  );
});
