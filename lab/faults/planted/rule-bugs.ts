import { patchesOf, type PlantedBug } from './planted-bug.ts';
import { withoutTheLifecycle, withoutTheMentorOnlyRule } from './unguard.ts';

const statements = patchesOf('libs/service-kit/src/repository/statements.ts');
const session = patchesOf('services/sessions/src/domain/session.ts');
const transitions = patchesOf('libs/service-kit/src/transitions.ts');

export const ruleBugs: readonly PlantedBug[] = [
  {
    id: 'M11',
    name: 'read, check, write without a condition',
    patches: [statements(' and ${alias}.version = asked.version - 1 limit 1', ' limit 1')],
    unguard: { sessions: withoutTheLifecycle },
    fault: 'F38 races',
  },
  {
    id: 'M12',
    name: 'the mentee may complete',
    patches: [session("by: ['mentor'], neverBy: 'mentee'", "by: ['mentor', 'mentee']")],
    unguard: { sessions: withoutTheMentorOnlyRule },
    fault: 'F38 races',
  },
  {
    id: 'M13',
    name: 'the role is checked, ownership is not',
    patches: [
      transitions(
        'actor.roles.includes(side) && isThe(side, row, actor)',
        "actor.roles.includes(side) && ((noun === 'session' && side === 'mentor') || isThe(side, row, actor))",
      ),
    ],
    fault: 'F38 races',
  },
];
