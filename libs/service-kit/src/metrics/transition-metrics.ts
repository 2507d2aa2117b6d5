import { Counter, type Registry } from 'prom-client';
import { ProblemError } from '../errors.ts';

type Transition = { readonly from: string; readonly to: string };

/** Does `work` and counts what became of it. */
export type CountTransition<Action extends string> = <Done extends { readonly askedBy?: unknown }>(
  action: Action,
  work: Promise<Done>,
) => Promise<Done>;

/**
 * Counts each attempt at a transition by what became of it: done, repeated (an answer under an Idempotency-Key given
 * again), or the code of the refusal. `from` is empty where a refusal comes before the status is looked at.
 */
export const countTransitions = <Action extends string>(
  registry: Registry,
  aggregate: string,
  transitions: Readonly<Record<Action, Transition>>,
): CountTransition<Action> => {
  const counter = new Counter({
    name: 'transitions_total',
    help: 'attempts at a transition by what became of them: done, repeated, or the code of the refusal',
    labelNames: ['aggregate', 'from', 'to', 'result'],
    registers: [registry],
  });
  const known = Object.values<Transition>(transitions);
  for (const { from, to } of known) counter.inc({ aggregate, from, to, result: 'done' }, 0);
  return async (action, work) => {
    const { from, to } = transitions[action];
    try {
      const done = await work;
      counter.inc({ aggregate, from, to, result: done.askedBy === undefined ? 'done' : 'repeated' });
      return done;
    } catch (error) {
      const problem = error instanceof ProblemError ? error : undefined;
      const status = problem?.extras['currentStatus'];
      counter.inc({
        aggregate,
        from: typeof status === 'string' ? status : '',
        to,
        result: problem?.code ?? 'internal',
      });
      throw error;
    }
  };
};
