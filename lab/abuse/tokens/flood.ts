import { verdict } from '../part.ts';
import type { Verdict } from '../part.ts';
import { inTurns } from '../pool.ts';
import { send } from '../send.ts';
import type { TokenWorld } from './door.ts';

const COOLDOWN_MS = 5_000;

const made = (issuer: TokenWorld['issuer'], count: number): string[] =>
  Array.from({ length: count }, () => issuer.token({}, { kid: crypto.randomUUID() }));

/**
 * The service counts the cooldown from begin to begin, by its clock; here we see when its requests arrive, and on a busy
 * machine one of them arrives late and the next does not: the gap between two arrivals may be shorter than the cooldown.
 * How many began in a span is the same by every clock. One may have begun before it and arrived in it.
 */
const mostFetches = (spanMs: number): number => Math.floor(spanMs / COOLDOWN_MS) + 2;

/** Made-up key ids, many at once, for longer than the cooldown: whoever publishes the keys must hardly notice. */
export const flood = async ({ doors, issuer, size }: TokenWorld): Promise<Verdict> => {
  const from = performance.now();
  const until = from + (size === 'full' ? 16_000 : 6_000);
  const faults: string[] = [];
  let refused = 0;
  const flooding = doors.map(async ({ service, url }) => {
    while (performance.now() < until)
      await inTurns(made(issuer, 100), 20, async (token) => {
        const { status } = await send(url, `/${service}`, { headers: ['authorization', `Bearer ${token}`] });
        if (status === 401) refused += 1;
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
    'a flood of unknown key ids causes at most one fetch of the keys per cooldown (5 s)',
    `${refused} tokens refused, fetches so far: ${counts}`,
    faults,
  );
};
