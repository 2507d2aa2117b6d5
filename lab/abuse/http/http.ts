import { unless, verdict, type Part, type Size, type Verdict } from '../part.ts';
import { malformedBodies, generated, type Attack } from './generated.ts';
import { openHttpWorld } from './http-world.ts';
import { naughtyEverywhere, naughtyTravels, oddIdsEverywhere } from './naughty.ts';
import { massAssignment } from './mass-assignment.ts';
import { queryPollution, everyVerb } from './verbs.ts';
import { rawSockets } from './raw.ts';

const attacks: readonly (readonly [string, Attack])[] = [
  ['malformed bodies × every mutating route', malformedBodies],
  ['naughty strings × every field, header and parameter', naughtyEverywhere],
  ['mass assignment of every column and meta key', massAssignment],
  ['every verb × every path', everyVerb],
  ['ids of every odd form × every route with an id', oddIdsEverywhere],
  ['query pollution', queryPollution],
  ['raw sockets: half requests, smuggling, oversized headers', rawSockets],
];
const legal: readonly (readonly [string, Attack])[] = [
  ['naughty notes and metadata come back unchanged', naughtyTravels],
  ['requests generated from the OpenAPI document, each answered as documented', generated],
];

const enough = { full: 20_000, small: 2_000 };

const run = async (size: Size): Promise<Verdict[]> => {
  const world = await openHttpWorld(size);
  try {
    const verdicts: Verdict[] = [];
    const attack = async ([check, work]: readonly [string, Attack]) => {
      const seen = await work(world);
      verdicts.push(verdict(check, seen, world.takeFaults()));
    };
    const before = await world.contents();
    for (const each of attacks) await attack(each);
    const isSame = (await world.contents()) === before;
    verdicts.push(
      verdict('refused requests change nothing', 'every row of both databases', unless(isSame, 'a row differs')),
    );
    for (const each of legal) await attack(each);
    const logged = Object.entries(world.apis).flatMap(([service, { log }]) =>
      log()
        .split('\n')
        .filter((line) => /"level":"(error|fatal)"/.test(line))
        .map((line) => `${service}: ${line.slice(0, 300)}`),
    );
    verdicts.push(verdict('no service logs an error for what a caller sends', `${logged.length} lines`, logged));
    const total = `${world.count()} requests, slowest ${Math.round(world.slowest())} ms`;
    const met = unless(world.count() >= enough[size], `fewer than ${enough[size]}`);
    return [...verdicts, verdict('0 × 5xx, 0 internals, every error problem+json, none slower than 2 s', total, met)];
  } finally {
    await world.close();
  }
};

export const http: Part = { name: 'http', run };
