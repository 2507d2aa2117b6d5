import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aFullWorld } from './a-lawful-world.ts';
import { brokenAnswers } from './broken/answers.ts';
import { brokenAudits } from './broken/audits.ts';
import type { Breakage } from './broken/world.ts';
import { brokenEvents } from './broken/events.ts';
import { brokenMessages } from './broken/messages.ts';
import { wrongPeople } from './broken/people.ts';
import { brokenRows } from './broken/rows.ts';
import { idsOf, sizeOfStory, copyOfEvidence, pickBy } from './broken/world.ts';
import { brokenTimes } from './broken/times.ts';
import { check } from './check.ts';

const aWorld = aFullWorld.filter(({ wireHasGaps }) => !wireHasGaps).map(copyOfEvidence);

const isReported = ({ by, also = [], breaks }: Breakage) => {
  fc.assert(
    fc.property(aWorld, fc.nat(), (world, chance) => {
      const id = breaks(world, pickBy(chance));
      const ids = [...idsOf(world, id)];
      const violations = check(world);
      const found = new Set<string>(violations.map(({ invariant }) => invariant));
      expect([...found].filter((name) => !(also as readonly string[]).includes(name)).sort()).toEqual([...by].sort());
      for (const name of by) {
        const witnesses = violations.filter(({ invariant }) => invariant === name).map((each) => JSON.stringify(each));
        const naming = witnesses.filter((witness) => ids.some((one) => witness.includes(one)));
        expect(naming).not.toEqual([]);
        expect(Math.min(...naming.map(({ length }) => length))).toBeLessThan(sizeOfStory(world, id));
      }
    }),
    { numRuns: 30, endOnFailure: true },
  );
};

const all = { brokenRows, brokenAudits, brokenAnswers, wrongPeople, brokenEvents, brokenMessages, brokenTimes };

for (const [group, breakages] of Object.entries(all))
  test.each(breakages.map((breakage) => [breakage.says, breakage] as const))(`${group}: %s`, (_says, breakage) =>
    isReported(breakage),
  );

test('later copies may come in any order', () => {
  fc.assert(
    fc.property(aWorld, fc.array(fc.nat()), (world, again) => {
      world.wire.push(...again.map((chance) => pickBy(chance)(world.wire)));
      expect(check(world)).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test('events that the subscriber missed are not reported', () => {
  fc.assert(
    fc.property(aWorld, fc.nat(), (world, chance) => {
      const missed = pickBy(chance)(world.wire);
      world.wireHasGaps = true;
      world.wire = world.wire.filter(({ id }) => id !== missed.id);
      expect(check(world)).toEqual([]);
    }),
    { numRuns: 20 },
  );
});
