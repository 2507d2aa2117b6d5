import type pg from 'pg';
import type { ServiceDatabase } from '@mentor-sessions/local-stack/databases';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { unless, verdict, type Verdict } from '../part.ts';
import type { Service } from '@mentor-sessions/local-stack/system';

const canary = 'CANARY-PRIVATE-WORDS';
const letter = '00000000-0000-7000-8000-0000000000bb';
const parked = '00000000-0000-7000-8000-0000000000cc';
const said = JSON.stringify({ id: parked, type: 'booking.accepted', data: { notes: canary, metadata: { k: canary } } });

/** Writes private words to every place where the services store them, as the owner. */
const planted = (table: Service): readonly string[] => [
  `alter table ${table} disable trigger user`,
  `update ${table} set notes = '${canary}', metadata = '{"k": "${canary}"}'`,
  `alter table ${table} enable trigger user`,
  ...['outbox', 'outbox_published'].map(
    (outbox) => `insert into ${outbox} (${outbox === 'outbox' ? '' : 'position, published_at,'}
      message_id, aggregate_id, sequence, type, lane, envelope, created_at)
      values (${outbox === 'outbox' ? '' : '1, now(),'} '${parked}', gen_random_uuid(), 1, 'booking.accepted', 0, '${said}', now())`,
  ),
  `insert into dead_letters (id, message_id, type, reason, queue, exchange, routing_key, body, properties, headers, attempts, fingerprint)
     values ('${letter}', '${parked}', 'booking.accepted', 'handler-failed', 'q', 'e', 'k', '${said}', '{"p":"${canary}"}', '{"h":"${canary}"}', 1, '')`,
  `insert into idempotency_keys (user_id, key, request_hash, asked_by, answer)
     values (gen_random_uuid(), 'k', '', '{}', '${said}')`,
  'update outbox set parked_at = now()',
  'analyze',
];

const readable = `
select format('select %I::text as words from %s where %I is not null', a.attname, c.oid::regclass, a.attname) as sql,
  c.oid::regclass || '.' || a.attname as name
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p', 'v', 'm') and has_column_privilege(c.oid, a.attnum, 'select')
  and (c.relnamespace = 'public'::regnamespace or c.relname in ('pg_stats', 'pg_stats_ext_exprs', 'pg_stat_activity'))`;

/** Reads every column that the login may read. */
const leaks = async (client: pg.Client): Promise<{ columns: number; leaking: string[] }> => {
  const { rows: columns } = await client.query<{ sql: string; name: string }>(readable);
  const leaking: string[] = [];
  for (const { sql, name } of columns)
    if (JSON.stringify((await client.query(sql)).rows).includes(canary)) leaking.push(`read in ${name}`);
  return { columns: columns.length, leaking };
};

const callable = `
select p.oid::regprocedure::text as name from pg_proc p
where p.pronamespace = 'public'::regnamespace and has_function_privilege(p.oid, 'execute')
  and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`;

/** The only functions that return bodies; each call is recorded. */
const recorded = ['dead_letters_show(uuid,text,text)', 'events_resent(bigint,bigint,integer,integer)'];

const operatorLooks = async (operator: pg.Client): Promise<string[]> => {
  const ask = async (sql: string): Promise<Record<string, unknown>[]> => (await operator.query(sql)).rows;
  const shown = await ask(
    `select convert_from(body, 'UTF8') as body from dead_letters_show('${letter}', 'olga', 'to see')`,
  );
  const [{ act } = {}] = await ask(
    `select events_resend('booking.accepted', now() - interval '1 day', now() + interval '1 day', 'q', 'olga', 'to see') as act`,
  );
  const resent = await ask(`select body from events_resent(${String(act)}, 0, 10, 1000000)`);
  const invented = await ask(`select body from events_resent(${Number(act) + 1}, 0, 10, 1000000)`);
  await ask(`select outbox_drop(array['${parked}']::uuid[], 'olga', 'to see')`);
  const acts = (await ask('select operator, action, login from operator_actions order by id')).map(Object.values);
  const login = operator.user;
  const expected = ['dead-letters show', 'events resend', 'outbox drop'].map((action) => ['olga', action, login]);
  const granted = (await ask(callable)).map(({ name }) => String(name));
  return [
    ...unless(
      JSON.stringify([shown, resent]).split(canary).length === 5,
      'a body was not shown to who asked with a record',
    ),
    ...unless(invented.length === 0, 'a body was read without the record of a resend'),
    ...unless(JSON.stringify(acts) === JSON.stringify(expected), `recorded: ${JSON.stringify(acts)}`),
    ...unless(
      recorded.every((name) => granted.includes(name)),
      `not granted: ${recorded.join(', ')}`,
    ),
  ];
};

/** Notes and metadata must be invisible to every login but the service's own, or reading them must be recorded. */
export const privateWords = async (service: Service, urls: ServiceDatabase): Promise<Verdict> => {
  const owner = await connected(urls.adminDatabaseUrl);
  const faults: string[] = [];
  let read = 0;
  const logins = {
    operator: urls.operatorDatabaseUrl,
    reports: urls.reportsDatabaseUrl,
    retention: urls.retentionDatabaseUrl,
  };
  try {
    for (const sql of planted(service)) await owner.query(sql);
    const asOwner = await leaks(owner);
    faults.push(...unless(asOwner.leaking.length >= 8, `planted only ${asOwner.leaking.join(', ')}`));
    for (const [login, url] of Object.entries(logins)) {
      const client = await connected(url);
      const look = async (): Promise<void> => {
        const { columns, leaking } = await leaks(client);
        read += columns;
        faults.push(...leaking.map((where) => `${login}: ${where}`));
      };
      await look();
      if (login === 'operator') faults.push(...(await operatorLooks(client)));
      await look(); // the record of actions, too
      await client.end();
    }
  } finally {
    await owner.end();
  }
  const check = `F52 only ${service} itself reads notes and metadata, unless recorded`;
  return verdict(check, `${read} columns read by other logins, 3 acts recorded`, faults);
};
