import type { PlantedBug } from './planted-bug.ts';
import { withoutTheLifecycle, withoutTheMentorOnlyRule } from './unguard.ts';

export const ruleBugs: readonly PlantedBug[] = [
  {
    id: 'M11',
    name: 'read, check, write without a condition',
    patches: [
      {
        file: 'services/sessions/src/database/session-rows.ts',
        find: 'where id = $1 and version = $2 returning *)',
        replace: 'where id = $1 and $2::integer is not null returning *)',
      },
    ],
    unguard: { sessions: withoutTheLifecycle },
    fault: 'F38 races',
  },
  {
    id: 'M12',
    name: 'the mentee may complete',
    patches: [
      {
        file: 'services/sessions/src/domain/lifecycle.ts',
        find: "by: ['mentor'], neverByTheMentee: true",
        replace: "by: ['mentor', 'mentee'], neverByTheMentee: false",
      },
    ],
    unguard: { sessions: withoutTheMentorOnlyRule },
    fault: 'F38 races',
  },
  {
    id: 'M13',
    name: 'the role is checked, ownership is not',
    patches: [
      {
        file: 'services/sessions/src/domain/parties.ts',
        find: "actor.roles.includes('mentor') && actor.mentorProfileId === mentorProfileId",
        replace: "actor.roles.includes('mentor')",
      },
    ],
    fault: 'F38 races',
  },
];
