import { verdict, unless, inTurns, type Verdict, type Part, type Size } from '../part.ts';
import { send, type Heard } from '@mentor-sessions/lab/send';
import { newKey, goodOnes, openIssuer, statusOf, type TokenWorld, type Door } from './make.ts';
import { menteeId } from '@mentor-sessions/lab/people';
import { hostileTokens, type Hostile } from './hostile.ts';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { serve } from '@mentor-sessions/lab/local-server';
import { createWorld } from '../../e2e/world.ts';

const COOLDOWN_MS = 5_000;

const made = (issuer: TokenWorld['issuer'], count: number): string[] =>
  Array.from({ length: count }, () => issuer.token({}, { kid: crypto.randomUUID() }));

/**
 * The service measures the cooldown from start to start, by its clock; here we see when its requests arrive, and on a busy
 * machine one of them arrives late and the next does not: the gap between two arrivals may be shorter than the cooldown.
 * The number started in a period is the same by every clock. One may have started before it and arrived in it.
 */
const mostFetches = (spanMs: number): number => Math.floor(spanMs / COOLDOWN_MS) + 2;

/** 503: the key may be a new one, and the issuer was asked less than a cooldown ago. */
const isRefusal = (status: number): boolean => status === 401 || status === 503;

/** Many invented key ids at once, for longer than the cooldown: the issuer must get few requests. */
const flood = async ({ doors, issuer, size }: TokenWorld): Promise<Verdict> => {
  const from = performance.now();
  const until = from + (size === 'full' ? 16_000 : 6_000);
  const faults: string[] = [];
  let refused = 0;
  const flooding = doors.map(async ({ service, url }) => {
    while (performance.now() < until)
      await inTurns(made(issuer, 100), 20, async (token) => {
        const status = await statusOf({ service, url }, token);
        if (isRefusal(status)) refused += 1;
        else faults.push(`an unknown key id at ${service}: ${status}`);
      });
  });
  await Promise.all(flooding);
  for (const { service } of doors) {
    const fetches = issuer.fetches(service).filter((at) => at >= from).length;
    const most = mostFetches(performance.now() - from);
    if (fetches > most) faults.push(`${service} asked ${fetches} times, ${most} allowed`);
  }
  const counts = doors.map(({ service }) => `${service} ${issuer.fetches(service).length}`).join(', ');
  return verdict(
    'a flood of unknown key ids fetches the keys at most every 5 s',
    `${refused} tokens refused, fetches so far: ${counts}`,
    faults,
  );
};

// each with a list, a single row, and a change
const targets = { bookings: 'accept', sessions: 'complete' } as const;

/** The response without what differs by request; it must not help a forger. */
const textOf = ({ text }: Heard): string => {
  const { instance: _1, requestId: _2, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify(rest);
};

const refusals = async ({ doors }: TokenWorld, hostile: readonly Hostile[]): Promise<Verdict> => {
  const faults: string[] = [];
  const texts = new Map<number, Set<string>>();
  let count = 0;
  for (const { service, url } of doors) {
    const requests = [
      ['GET', `/${service}`],
      ['PATCH', `/${service}/${menteeId}/${targets[service]}`],
    ] as const;
    for (const { name, headers, query = '' } of hostile)
      for (const [method, path] of requests) {
        const heard = await send(url, path + query, { method, headers });
        count += 1;
        if (!isRefusal(heard.status) && heard.status !== 400) {
          faults.push(`${name} at ${method} ${path}: ${heard.status} ${heard.text.slice(0, 200)}`);
          continue;
        }
        texts.set(heard.status, (texts.get(heard.status) ?? new Set()).add(textOf(heard)));
        if (
          heard.status === 401 &&
          !/^Bearer( error="invalid_token")?$/.test(String(heard.headers['www-authenticate']))
        )
          faults.push(`${name}: no WWW-Authenticate`);
      }
  }
  for (const [status, seen] of texts)
    if (seen.size > 1) faults.push(`${status} has ${seen.size} texts: ${[...seen].join(' ')}`);
  if (hostile.length < 80) faults.push(`only ${hostile.length} hostile tokens`);
  const statuses = [...texts.keys()].join(' and ');
  return verdict(
    'hostile tokens are refused, with one text per status',
    `${hostile.length} tokens, ${count} requests to ${doors.length} services, all ${statuses}`,
    faults,
  );
};

/** Both keys published, with tokens of the old one throughout; then only the new one. */
const rotation = async ({ doors, issuer }: TokenWorld): Promise<Verdict> => {
  const fresh = newKey('EdDSA');
  const old = issuer.keys.EdDSA;
  const faults: string[] = [];
  let served = 0;
  issuer.publish(old, fresh);
  const oldGoes = async (door: Door): Promise<void> => {
    const status = await statusOf(door, issuer.token());
    if (status === 200) served += 1;
    else faults.push(`a good token of the old key at ${door.service}: ${status}`);
  };
  for (const door of doors)
    await eventually(
      async () => {
        await oldGoes(door);
        return (await statusOf(door, issuer.token({}, {}, fresh))) === 200;
      },
      { within: 8_000, describe: `${door.service} takes tokens of the new key` },
    );
  issuer.publish(fresh);
  for (const door of doors)
    await eventually(
      async () => {
        await statusOf(door, issuer.token({}, { kid: crypto.randomUUID() }, fresh)); // makes it fetch again, after the cooldown
        if ((await statusOf(door, issuer.token({}, {}, fresh))) === 200) served += 1;
        else faults.push(`a good token of the new key at ${door.service} is refused`);
        return isRefusal(await statusOf(door, issuer.token()));
      },
      { within: 8_000, every: 200, describe: `${door.service} takes no tokens of the old key any more` },
    );
  return verdict('keys rotate without an outage', `${served} good tokens served meanwhile, none refused`, faults);
};

const listen = async () => {
  let asked = 0;
  const { server, url, close } = await serve((_request, response) => {
    asked += 1;
    response.end('{"keys":[]}');
  });
  server.on('connection', () => (asked += 1));
  return { url, asked: () => asked, close };
};

const run = async (size: Size): Promise<Verdict[]> => {
  const world = await createWorld();
  const issuer = await openIssuer(world.stack.auth);
  const listener = await listen();
  try {
    const doors = await Promise.all(
      (['bookings', 'sessions'] as const).map(async (service): Promise<Door> => {
        const keys = { AUTH_JWKS_FILE: '', AUTH_JWKS_URL: issuer.url(service) };
        const api = await world.start(`${service} api`, { env: keys });
        await api.waitReady();
        return { service, url: api.url };
      }),
    );
    const hostile = hostileTokens(issuer, listener.url);
    const tokenWorld: TokenWorld = { doors, issuer, size };
    return [
      await goodOnes(tokenWorld),
      await refusals(tokenWorld, hostile),
      verdict(
        'key URLs inside tokens are never followed',
        `${listener.asked()} connections to the listener`,
        unless(listener.asked() === 0, 'someone asked at an address inside a token'),
      ),
      await flood(tokenWorld),
      await rotation(tokenWorld),
    ];
  } finally {
    listener.close();
    await world.close();
    issuer.close();
  }
};

export const tokens: Part = { name: 'tokens', run };
