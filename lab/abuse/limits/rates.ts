import type { HttpWorld } from '../http/http-world.ts';
import { verdict } from '../part.ts';
import type { Verdict } from '../part.ts';
import { send } from '../send.ts';
import type { Heard } from '../send.ts';

const PER_MINUTE = 30;

/** One more than a minute's ration, one after the other: all but the last are answered `expected`, the last one 429. */
const faultsOf = (who: string, answers: readonly Heard[], expected: number): string[] => {
  const statuses = answers.map(({ status }) => status);
  const last = answers.at(-1);
  const wait = Number(last?.headers['retry-after']);
  const problem = last?.headers['content-type'];
  return [
    ...statuses
      .slice(0, -1)
      .flatMap((status, n) => (status === expected ? [] : [`request ${n + 1} of ${who}: ${status}`])),
    ...(last?.status === 429 ? [] : [`request ${statuses.length} of ${who}: ${last?.status}, not 429`]),
    ...(wait >= 1 && wait <= 60 ? [] : [`${who}: Retry-After is ${String(last?.headers['retry-after'])}`]),
    ...(problem === 'application/problem+json' ? [] : [`${who}: the 429 is ${String(problem)}`]),
  ];
};

/** So many of a subject, and so many without a valid token of an address; who keeps within it is not made to pay for others. */
export const rates = async (world: HttpWorld): Promise<Verdict> => {
  const { url } = await world.startApi('bookings', { RATE_LIMIT_PER_MINUTE: String(PER_MINUTE) });
  const ask = (token: string) => send(url, '/bookings', { headers: ['authorization', `Bearer ${token}`] });
  const oneMoreThanAllowed = async (token: string): Promise<Heard[]> => {
    const answers: Heard[] = [];
    for (let n = 0; n <= PER_MINUTE; n++) answers.push(await ask(token));
    return answers;
  };
  const faults = [
    ...faultsOf('a stranger', await oneMoreThanAllowed('forged'), 401),
    ...faultsOf('the mentee, at the address of that stranger', await oneMoreThanAllowed(world.tokens.mentee), 200),
  ];
  const other = await ask(world.tokens.mentor);
  if (other.status !== 200) faults.push(`another subject, the first time: ${other.status}`);
  const seen = `at ${PER_MINUTE} a minute: request ${PER_MINUTE + 1} of an address without a valid token and of a subject 429, another subject served`;
  return verdict('rate per subject and per address: 429 with Retry-After', seen, faults);
};
