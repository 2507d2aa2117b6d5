import type { PlantedBug } from './planted-bug.ts';
import { withoutTheLifecycle, withoutTheMentorOnlyRule } from './unguard.ts';

export const ruleBugs: readonly PlantedBug[] = [
  {
    id: 'M11',
    name: 'read, check, write without a condition',
    patches: [
      {
        file: 'libs/service-kit/src/repository/statements.ts',
        find: ' and ${alias}.version = asked.version - 1 limit 1',
        replace: ' limit 1',
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
        file: 'services/sessions/src/domain/session.ts',
        find: "by: ['mentor'], neverBy: 'mentee'",
        replace: "by: ['mentor', 'mentee']",
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
        file: 'libs/service-kit/src/transitions.ts',
        find: 'actor.roles.includes(side) && isThe(side, row, actor)',
        replace: "actor.roles.includes(side) && ((noun === 'session' && side === 'mentor') || isThe(side, row, actor))",
      },
    ],
    fault: 'F38 races',
  },
];
