import type { Invariant } from '../evidence/evidence.ts';
import type { Action, Operation } from '../evidence/history.ts';

const refusals: Record<Action, readonly string[]> = {
  create: [],
  accept: ['403 forbidden', '409 invalid-transition', '409 mentor-double-booked'],
  decline: ['403 forbidden', '409 invalid-transition'],
  cancel: ['403 forbidden', '409 invalid-transition'],
  start: ['403 forbidden', '404 not-found', '409 invalid-transition'],
  complete: ['403 forbidden', '404 not-found', '409 invalid-transition'],
  read: ['403 forbidden', '404 not-found'],
};

/** Nothing was sent, or not all of it came, or the api had no database: no effect, ask again. */
const withoutEffect = ['refused', '408 request-timeout', '503 unavailable'];

const isHttp = (answer: string): boolean => /^\d{3}/.test(answer);

const isKnown = ({ action, outcome, answer, status }: Operation): boolean => {
  if (outcome === 'ok') return answer === (action === 'create' ? '201' : '200') && status !== null;
  if (outcome === 'info') return !isHttp(answer) || answer === '503 outcome-unknown';
  if (answer === '409 invalid-transition') return refusals[action].includes(answer) && status !== null;
  return withoutEffect.includes(answer) || refusals[action].includes(answer);
};

/** People who ask for what there is get no other answers than these, whatever fails. */
export const answersAreKnown: Invariant = ({ operations }) =>
  operations
    .filter((operation) => !isKnown(operation))
    .map((witness) => ({ invariant: 'I5' as const, says: 'an answer that nothing explains', witness }));
