import { menteeId } from '@mentor-sessions/lab/people';
import { verdict } from '../part.ts';
import type { Verdict } from '../part.ts';
import { send } from '../send.ts';
import type { Heard } from '../send.ts';
import type { Hostile } from './hostile/shape.ts';
import type { TokenWorld } from './door.ts';

// Each at a list, at one thing, and at a change.
const targets = { bookings: 'accept', sessions: 'complete' } as const;

/** The answer without what differs by request: whoever forges tokens learns nothing from it. */
const textOf = ({ text }: Heard): string => {
  const { instance: _1, requestId: _2, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify(rest);
};

export const refusals = async ({ doors }: TokenWorld, hostile: readonly Hostile[]): Promise<Verdict> => {
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
        if (heard.status !== 401 && heard.status !== 400) {
          faults.push(`${name} at ${method} ${path}: ${heard.status} ${heard.text.slice(0, 200)}`);
          continue;
        }
        texts.set(heard.status, (texts.get(heard.status) ?? new Set()).add(textOf(heard)));
        if (heard.status === 401 && heard.headers['www-authenticate'] !== 'Bearer')
          faults.push(`${name}: no WWW-Authenticate`);
      }
  }
  for (const [status, seen] of texts)
    if (seen.size > 1) faults.push(`${status} has ${seen.size} texts: ${[...seen].join(' ')}`);
  if (hostile.length < 80) faults.push(`only ${hostile.length} hostile tokens`);
  const statuses = [...texts.keys()].join(' and ');
  return verdict(
    'hostile tokens are refused, all with the same text',
    `${hostile.length} tokens × ${doors.length} services × 2 requests = ${count} requests, all ${statuses}`,
    faults,
  );
};
