import { id } from '../../../services/bookings/test/legal-writes.ts';
import { inTurns } from '../part.ts';
import { changes, goodRequest, type Change } from './http-world.ts';
import type { Attack } from './generated.ts';
import requests from './corpus/fixtures/requests.json' with { type: 'json' };
import { oddIds } from './corpus/odd-ids.ts';
import { naughtyStrings } from './corpus/naughty-strings.ts';

type Target = Pick<Change, 'service' | 'path' | 'as'> & { readonly method: 'GET' | 'PATCH' };

const targets: readonly Target[] = [
  { service: 'bookings', method: 'GET', path: `/bookings/${id(1)}`, as: 'mentor' },
  { service: 'sessions', method: 'GET', path: `/sessions/${id(1)}`, as: 'mentor' },
  ...changes.filter((change) => change.method === 'PATCH').map((change) => ({ ...change, method: 'PATCH' as const })),
];

/** 400 or 404, never a row, never the effect of another id. */
export const oddIdsEverywhere: Attack = async (world) => {
  const ids = oddIds(id(1));
  for (const { service, method, path, as } of targets)
    await inTurns(ids, 8, async (odd) => {
      const { status } = await world.ask(service, path.replace(/[0-9a-f-]{36}/, odd), { method, as });
      if (![400, 404, 405].includes(status)) world.fault(`${method} ${path} with id ${odd.slice(0, 80)}: ${status}`);
    });
  return `${ids.length} ids × ${targets.length} routes`;
};

const own = ['listingId', 'mentorProfileId', 'start', 'end'];
const { headers } = requests;
const parameters = {
  bookings: ['status', 'as', 'from', 'to', 'order', 'limit', 'cursor'],
  sessions: ['status', 'as', 'from', 'to', 'order', 'limit', 'cursor', 'bookingId'],
};

const sampled = (size: string) =>
  size === 'full' ? naughtyStrings : naughtyStrings.filter((_, index) => index % 8 === 3);

// Values of headers that Node's client accepts; the rest is sent by raw socket.
const asHeader = (text: string): string =>
  [...Buffer.from(text).toString('latin1')]
    .filter((letter) => letter >= ' ' && letter !== '\u007f')
    .join('')
    .slice(0, 4_000);
const asParameter = (text: string): string => encodeURIComponent(text.toWellFormed()).slice(0, 9_000);

const sole = new Set(['1', '9']); // the naughty strings that are a valid limit

/** Fields without free text refuse them; in headers and parameters they are harmless. */
export const naughtyEverywhere: Attack = async (world) => {
  const strings = sampled(world.size);
  await inTurns(strings, 8, async (text) => {
    for (const field of own) {
      const body = JSON.stringify({ ...goodRequest(), [field]: text });
      const { status } = await world.ask('bookings', '/bookings', { method: 'POST', as: 'mentee', json: true, body });
      if (status !== 400) world.fault(`${field} = ${JSON.stringify(text.slice(0, 60))}: ${status}`);
    }
    for (const value of [{ [text]: 1 }, { a: { b: text } }, text, [text]]) {
      const body = JSON.stringify({ ...goodRequest(), metadata: value });
      const { status } = await world.ask('bookings', '/bookings', { method: 'POST', as: 'mentee', json: true, body });
      if (status !== 400) world.fault(`metadata of wrong shape with ${JSON.stringify(text.slice(0, 60))}: ${status}`);
    }
    for (const name of headers)
      await world.ask('bookings', '/bookings', { as: 'mentor', headers: [name, asHeader(text)] });
    for (const service of ['bookings', 'sessions'] as const)
      for (const name of parameters[service]) {
        const { status } = await world.ask(service, `/${service}?${name}=${asParameter(text)}`, { as: 'mentor' });
        if (status === 200 && !sole.has(text) && !(name === 'limit' && /^\d+$/.test(text)))
          world.fault(`${service} ${name}=${JSON.stringify(text.slice(0, 60))} is taken`);
      }
  });
  await inTurns(strings, 8, async (text) => {
    for (const { service, method, path, as } of changes.slice(1)) {
      const { status } = await world.ask(service, path, {
        method,
        as,
        headers: ['if-match', `"${asHeader(text).replaceAll('"', '')}x"`],
      });
      if (status !== 412 && status !== 400)
        world.fault(`If-Match ${JSON.stringify(text.slice(0, 60))} at ${path}: ${status}`);
    }
  });
  return `${strings.length} strings × ${own.length + 4} bodies, ${headers.length} headers, ${parameters.bookings.length + parameters.sessions.length} parameters, If-Match at ${changes.length - 1} routes`;
};

const taken = (text: string, most: number): boolean =>
  text.isWellFormed() && !text.includes('\0') && [...text].length <= most;

/** Free text is returned unchanged, or refused for its length or for characters that PostgreSQL cannot store. */
export const naughtyTravels: Attack = async (world) => {
  const strings = sampled(world.size);
  let kept = 0;
  await inTurns(strings, 8, async (text) => {
    const own: readonly (readonly [Record<string, unknown>, boolean])[] = [
      [{ notes: text }, taken(text, 2_000)],
      [{ metadata: { key: text } }, taken(text, 500)],
      // `__proto__` would change the object's prototype
      [{ metadata: Object.fromEntries([[text, 'value']]) }, taken(text, 40) && text !== '' && text !== '__proto__'],
    ];
    for (const [free, isTaken] of own) {
      const body = JSON.stringify({ ...goodRequest(), ...free });
      const heard = await world.ask('bookings', '/bookings', { method: 'POST', as: 'mentee', json: true, body });
      const name = JSON.stringify(free).slice(0, 80);
      if (heard.status !== (isTaken ? 201 : 400)) world.fault(`${name}: ${heard.status} ${heard.text.slice(0, 200)}`);
      if (heard.status !== 201) continue;
      kept += 1;
      const made = JSON.parse(heard.text) as Record<string, unknown>;
      const again = JSON.parse(
        (await world.ask('bookings', `/bookings/${String(made['id'])}`, { as: 'mentee' })).text,
      ) as Record<string, unknown>;
      for (const [key, value] of Object.entries(free))
        for (const seen of [made, again])
          if (JSON.stringify(seen[key]) !== JSON.stringify(value))
            world.fault(`${name} came back as ${JSON.stringify(seen[key]).slice(0, 80)}`);
    }
  });
  return `${strings.length} strings as notes, metadata and its keys, ${kept} kept`;
};
