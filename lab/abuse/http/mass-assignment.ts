import { inTurns } from '../part.ts';
import { changes, goodRequest, type HttpWorld } from './http-world.ts';
import type { Attack } from './generated.ts';
import requests from './corpus/fixtures/requests.json' with { type: 'json' };

const values = ['completed', null, 1, true, { a: 1 }, ['accepted']];

const camel = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const columns = async ({ owners }: HttpWorld): Promise<string[]> => {
  const asked = Object.values(owners).map((owner) =>
    owner.query<{ column_name: string }>(
      "select column_name from information_schema.columns where table_schema = 'public'",
    ),
  );
  return (await Promise.all(asked)).flatMap(({ rows }) => rows.map((row) => row.column_name));
};

const wanted = new Set(['listingId', 'mentorProfileId', 'notes', 'metadata']);

/** An unknown key in an otherwise valid body, or in the query. */
export const massAssignment: Attack = async (world) => {
  const names = await columns(world);
  const keys = [...new Set([...names, ...names.map(camel), ...requests.metaKeys])].filter((key) => !wanted.has(key));
  const tried = world.size === 'full' ? values : values.slice(0, 1);
  const attempts = keys.flatMap((key) => tried.map((value) => ({ key, value })));
  await inTurns(attempts, 8, async ({ key, value }) => {
    for (const { service, method, path, as } of changes) {
      const base = method === 'POST' ? goodRequest() : {};
      const body = JSON.stringify(Object.fromEntries([...Object.entries(base), [key, value]]));
      const { status } = await world.ask(service, path, { method, as, json: true, body });
      if (status !== 400) world.fault(`${method} ${path} takes ${key}: ${status}`);
    }
  });
  await inTurns(keys, 8, async (key) => {
    for (const { service, method, path, as } of changes) {
      const body = method === 'POST' ? JSON.stringify(goodRequest()) : '{}';
      const { status } = await world.ask(service, `${path}?${encodeURIComponent(key)}=accepted`, {
        method,
        as,
        json: true,
        body,
      });
      if (status !== 400) world.fault(`${method} ${path}?${key}: ${status}`);
    }
  });
  return `${keys.length} keys × ${tried.length} values and the query × ${changes.length} routes`;
};
