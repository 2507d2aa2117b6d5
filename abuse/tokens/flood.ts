import { verdict } from '../part.ts';
import type { Verdict } from '../part.ts';
import { inTurns } from '../pool.ts';
import { send } from '../send.ts';
import type { TokenWorld } from './door.ts';

const COOLDOWN_MS = 5_000;
// A new fetch may begin when the cooldown since the last one's begin has passed; the clocks are those of two processes.
const LEEWAY_MS = 100;

const made = (issuer: TokenWorld['issuer'], count: number): string[] =>
  Array.from({ length: count }, () => issuer.token({}, { kid: crypto.randomUUID() }));

/** Made-up key ids, many at once, for longer than the cooldown: whoever publishes the keys must hardly notice. */
export const flood = async ({ doors, issuer, size }: TokenWorld): Promise<Verdict> => {
  const until = performance.now() + (size === 'full' ? 16_000 : 6_000);
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
    const fetches = issuer.fetches(service);
    const gaps = fetches.slice(1).map((at, index) => at - (fetches[index] ?? 0));
    const shortest = Math.min(...gaps);
    if (shortest < COOLDOWN_MS - LEEWAY_MS) faults.push(`${service} asked again after ${Math.round(shortest)} ms`);
  }
  const counts = doors.map(({ service }) => `${service} ${issuer.fetches(service).length}`).join(', ');
  return verdict(
    'a flood of unknown key ids causes at most one fetch of the keys per cooldown (5 s)',
    `${refused} tokens refused, fetches so far: ${counts}`,
    faults,
  );
};
