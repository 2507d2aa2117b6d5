import { addTo, changeTraceResults } from '../../model/traces/results.ts';
import { createVerifiers } from '../../model/traces/simulated.ts';
import { describeStep } from '../../model/traces/steps.ts';
import type { Traces } from '../../model/traces/outbox-traces.ts';
import { eachTraced, type Traced as Of, type Verdict } from '../../model/traces/verify.ts';
import type { Violation } from './evidence.ts';

/** Of relays or of consumers. */
type Compared = {
  readonly whose: Of;
  readonly accepted: number;
  readonly refused: number;
  readonly leftOut: number;
  readonly verdict: Verdict;
};

export type Traced = {
  readonly says: string;
  readonly violations: readonly Violation[];
  readonly compared: readonly Compared[];
};

let verifiers: ReturnType<typeof createVerifiers> | undefined;

/** A refusal has the step that the model cannot take, and the model's steps before it. */
export const compareWithModel = async (seen: Readonly<Record<Of, Traces>>): Promise<Traced> => {
  verifiers ??= createVerifiers();
  const violations: Violation[] = [];
  const compared: Compared[] = [];
  for (const whose of eachTraced) {
    const { traces, leftOut } = seen[whose];
    const verdict = await (await verifiers)[whose].verify([...new Set(traces.map(({ steps }) => steps))]);
    for (const { trace, at, before } of verdict.refusals) {
      const subjects = traces.filter(({ steps }) => steps === trace).map(({ subject }) => subject);
      const witness = { step: describeStep(trace, at), at, before, subjects, trace };
      violations.push({ invariant: 'model', says: `the model can take each step that ${whose} took`, witness });
    }
    const refusals = new Set(verdict.refusals.map(({ trace }) => trace));
    const refused = traces.filter(({ steps }) => refusals.has(steps)).length;
    compared.push({ whose, accepted: traces.length - refused, refused, leftOut, verdict });
  }
  const figures = compared.map(
    ({ whose, accepted, refused, leftOut }) =>
      `of ${whose} ${accepted} accepted, ${refused} refused, ${leftOut} left out`,
  );
  return { says: `traces ${figures.join('; ')}`, violations, compared };
};

/** Adds to the results in docs/model.md. */
export const recordTraces = async (fault: string, { compared }: Traced): Promise<void> => {
  const number = fault.split(' ')[0] ?? fault;
  for (const { whose, verdict, ...added } of compared)
    await changeTraceResults(whose, ({ real }) => ({
      real: { ...real, [number]: addTo(real[number], added, verdict) },
    }));
};

/** Records the step at which a model refuses a planted bug. */
export const recordRefusal = async (bug: string, violations: readonly Violation[]): Promise<void> => {
  for (const whose of eachTraced) {
    const refusal = violations.find(({ invariant, says }) => invariant === 'model' && says.includes(whose));
    if (!refusal) continue;
    const { step } = refusal.witness as { step: string };
    await changeTraceResults(whose, ({ planted }) => ({ planted: { ...planted, [bug]: step } }));
  }
};

export const closeVerifiers = async (): Promise<void> => {
  if (verifiers) await (await verifiers).close();
  verifiers = undefined;
};
