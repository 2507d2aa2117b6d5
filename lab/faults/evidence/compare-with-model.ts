import { describeStep } from '../../model/traces/steps.ts';
import type { Traces } from '../../model/traces/outbox-traces.ts';
import { addTo, changeTraceResults } from '../../model/traces/results.ts';
import { createVerifier, type Verdict } from '../../model/traces/verify.ts';
import type { Violation } from './evidence.ts';

export type Traced = {
  readonly says: string;
  readonly violations: readonly Violation[];
  readonly verdict: Verdict;
  readonly traces: Traces;
};

let verifier: ReturnType<typeof createVerifier> | undefined;

/** A refusal has the step that the model cannot take, and the model's steps before it. */
export const compareWithModel = async (seen: Traces): Promise<Traced> => {
  verifier ??= createVerifier();
  const distinct = [...new Set(seen.traces.map(({ steps }) => steps))];
  const verdict = await (await verifier).verify(distinct);
  const violations = verdict.refusals.map(({ trace, at, before }): Violation => {
    const aggregates = seen.traces.filter(({ steps }) => steps === trace).map(({ aggregateId }) => aggregateId);
    const witness = { step: describeStep(trace, at), at, before, aggregates, trace };
    return { invariant: 'model', says: 'the model can take each step that a relay took', witness };
  });
  const refused = new Set(verdict.refusals.map(({ trace }) => trace));
  const accepted = seen.traces.filter(({ steps }) => !refused.has(steps)).length;
  const says = `${accepted} of ${seen.traces.length} traces accepted by the model (${distinct.length} distinct), ${seen.leftOut} left out`;
  return { says, violations, verdict, traces: seen };
};

/** Adds to the results in docs/model.md. */
export const recordTraces = async (fault: string, { verdict, traces }: Traced): Promise<void> => {
  const refused = new Set(verdict.refusals.map(({ trace }) => trace));
  const accepted = traces.traces.filter(({ steps }) => !refused.has(steps)).length;
  const added = { accepted, refused: traces.traces.length - accepted, leftOut: traces.leftOut };
  const number = fault.split(' ')[0] ?? fault;
  await changeTraceResults(({ real }) => ({ real: { ...real, [number]: addTo(real[number], added, verdict) } }));
};

/** Records the step at which the model refuses a planted bug. */
export const recordRefusal = async (bug: string, violations: readonly Violation[]): Promise<void> => {
  const refusal = violations.find(({ invariant }) => invariant === 'model');
  if (!refusal) return;
  const { step } = refusal.witness as { step: string };
  await changeTraceResults(({ planted }) => ({ planted: { ...planted, [bug]: step } }));
};

export const closeVerifier = async (): Promise<void> => {
  if (verifier) await (await verifier).close();
  verifier = undefined;
};
