import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aFullWorld } from './a-lawful-world.ts';
import { brokenAnswers } from './broken/answers.ts';
import { brokenAudits } from './broken/audits.ts';
import type { Breakage } from './broken/breakage.ts';
import { brokenEvents } from './broken/events.ts';
import { brokenMessages } from './broken/messages.ts';
import { wrongPeople } from './broken/people.ts';
import { brokenRows } from './broken/rows.ts';
import { sizeOfStory } from './broken/story.ts';
import { copyOfEvidence, pickBy } from './broken/world.ts';
import { check } from './check.ts';

const aWorld = aFullWorld.filter(({ wireHasGaps }) => !wireHasGaps).map(copyOfEvidence);

const isReported = ({ by, also = [], breaks }: Breakage) => {
  fc.assert(
    fc.property(aWorld, fc.nat(), (world, chance) => {
      const id = breaks(world, pickBy(chance));
      const violations = check(world);
      const found = new Set<string>(violations.map(({ invariant }) => invariant));
      expect([...found].filter((name) => !(also as readonly string[]).includes(name)).sort()).toEqual([...by].sort());
      for (const name of by) {
        const witnesses = violations.filter(({ invariant }) => invariant === name).map((each) => JSON.stringify(each));
        const naming = witnesses.filter((witness) => witness.includes(id));
        expect({ name, naming: naming.length > 0, witnesses }).toMatchObject({ naming: true });
        expect(Math.min(...naming.map(({ length }) => length))).toBeLessThan(sizeOfStory(world, id));
      }
    }),
    { numRuns: 40 },
  );
};

const all = { brokenRows, brokenAudits, brokenAnswers, wrongPeople, brokenEvents, brokenMessages };

for (const [group, breakages] of Object.entries(all))
  test.each(breakages.map((breakage) => [breakage.says, breakage] as const))(`${group}: %s`, (_says, breakage) =>
    isReported(breakage),
  );
