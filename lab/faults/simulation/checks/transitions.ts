import type { World } from '../world/world.ts';
import { violation, type Violation } from './violations.ts';

const LIFECYCLE = ['scheduled', 'in_progress', 'completed'];

/** Responses are true: the event of an operation exists if it was accepted, and does not if it was refused. */
const answersAreTrue = (world: World): Violation[] => {
  const happened = (kind: string, id: string): boolean =>
    (kind === 'accept' ? world.bookings : world.sessions).everEnqueued.has(id);
  return world.operations.flatMap(({ kind, id, messageId, outcome, code }) => {
    const took = happened(kind, messageId);
    if (outcome === 'ok' && !took) return [violation('what was answered ok took effect', { kind, id, messageId })];
    if ((outcome === 'refused' || outcome === 'failed') && took)
      return [violation('what was refused did not take effect', { kind, id, messageId, code })];
    return [];
  });
};

/** The audit of each session is a prefix of its lifecycle, and each step has one event. */
const auditIsGapless = ({ sessions }: World): Violation[] => {
  const audits = Map.groupBy(sessions.transitions.committed(), ({ session_id }) => session_id);
  const events = Map.groupBy(sessions.everEnqueued.values(), ({ aggregate_id }) => aggregate_id);
  return sessions.sessions.committed().flatMap(({ id, status, version }) => {
    const steps = audits.get(id) ?? [];
    const reached = steps.map(({ to_status }) => to_status).join();
    const expected = LIFECYCLE.slice(0, LIFECYCLE.indexOf(status) + 1).join();
    const told = (events.get(id) ?? [])
      .map(({ sequence }) => sequence)
      .sort()
      .join();
    if (reached !== expected || version !== steps.length)
      return [violation('the audit is the beginning of the lifecycle', { session: id, reached, status, version })];
    if (told !== steps.map((_, at) => at + 1).join())
      return [violation('each transition has one event', { session: id, told, reached })];
    return [];
  });
};

const onlyByItsPeople = ({ sessions, operations }: World): Violation[] =>
  operations
    .filter(
      ({ kind, actor, messageId }) =>
        kind === 'complete' && !actor.roles.includes('mentor') && sessions.everEnqueued.has(messageId),
    )
    .map(({ id }) => violation('only the mentor completes a session', { session: id }));

export const checkTransitions = (world: World): Violation[] => [
  ...answersAreTrue(world),
  ...auditIsGapless(world),
  ...onlyByItsPeople(world),
];
