import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { Party } from './lifecycle.ts';

type People = { readonly mentorProfileId: string; readonly menteeUserId: string };

/** Which sides of it the actor is on. A role alone makes nobody a party, nor does an id without its role. */
export const partiesOf = (actor: Actor, { mentorProfileId, menteeUserId }: People): Party[] => {
  const parties: Party[] = [];
  if (actor.roles.includes('mentor') && actor.mentorProfileId === mentorProfileId) parties.push('mentor');
  if (actor.roles.includes('mentee') && actor.userId === menteeUserId) parties.push('mentee');
  return parties;
};
