import type { Invariant } from '../evidence/evidence.ts';
import { answersAreKnown } from './i5-answers.ts';
import { birthsAreExplained } from './i5-births.ts';
import { changesAreExplained } from './i5-changes.ts';
import { rightPeople } from './i5-right-people.ts';

/** I5: every ok change stands once in the audit, no refused one does, and every row is explained by an ok or an info. */
export const allExplained: Invariant = (evidence) =>
  [changesAreExplained, birthsAreExplained, answersAreKnown, rightPeople].flatMap((part) => part(evidence));
