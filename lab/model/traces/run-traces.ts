import { addTo, changeTraceResults, readTraceResults } from './results.ts';
import { createVerifiers, describeRefusal, inScope, refusalOf, verifySimulated } from './simulated.ts';
import { eachTraced } from './verify.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Every other round has many concurrent aggregates, which is cheaper. */
const ROUND = 500;
const MANY = { histories: 25, swarm: { bookings: 40 } };
const SMALL = 60;

type Counts = { readonly passed: number; readonly failed: number };

/** Simulates until `histories` more are verified; adds to the results. */
export const runTraces = async (histories: number): Promise<Counts> => {
  const verifiers = await createVerifiers();
  const known = new Set<string>();
  const began = performance.now();
  let [passed, failed] = [0, 0];
  try {
    for (let [left, isMany] = [histories, false]; left > 0; isMany = !isMany) {
      const seeds = await Promise.all(
        eachTraced.map(async (whose) => (await readTraceResults(whose)).simulated.nextSeed),
      );
      const seed = Math.max(...seeds);
      const asked = isMany ? { ...MANY, seed } : { histories: Math.min(left, ROUND), seed };
      const rounds = await verifySimulated(verifiers, asked, known);
      left -= asked.histories;
      for (const whose of eachTraced) {
        const round = rounds[whose];
        passed += round.accepted;
        failed += round.refused;
        for (const refusal of round.verdict.refusals) console.error(`  ${describeRefusal(refusal)}`);
        await changeTraceResults(whose, ({ simulated }) => {
          const ran = { histories: simulated.histories + asked.histories, nextSeed: seed + asked.histories };
          return {
            steps: verifiers[whose].steps,
            simulated: { ...addTo(simulated, round, round.verdict), ...ran },
          };
        });
      }
      const seconds = Math.round((performance.now() - began) / 1_000);
      say(`traces ${passed} accepted, ${failed} refused, ${known.size} distinct, ${seconds} s`);
    }
    return { passed, failed };
  } finally {
    await verifiers.close();
  }
};

/** Plants each bug that is in scope; adds to the results. */
export const runPlantedTraces = async (): Promise<Counts> => {
  const verifiers = await createVerifiers();
  let [passed, failed] = [0, 0];
  try {
    for (const whose of eachTraced)
      for (const plant of inScope[whose]) {
        if ((await readTraceResults(whose)).planted[plant]) continue;
        const refusal = await refusalOf(verifiers, whose, plant);
        say(`traces, planted bug ${plant}: ${refusal ? `refused: ${refusal}` : 'NOT REFUSED'}`);
        if (refusal === null) failed += 1;
        else {
          passed += 1;
          await changeTraceResults(whose, ({ planted }) => ({ planted: { ...planted, [plant]: refusal } }));
        }
      }
    return { passed, failed };
  } finally {
    await verifiers.close();
  }
};

/** Part of npm run lab: nothing is recorded. */
export const runSmallTraces = async (): Promise<Counts> => {
  const verifiers = await createVerifiers();
  let [passed, failed] = [0, 0];
  try {
    const rounds = await verifySimulated(verifiers, { histories: SMALL, seed: 1 });
    for (const whose of eachTraced) {
      const { accepted, refused, verdict } = rounds[whose];
      for (const refusal of verdict.refusals) console.error(`  ${describeRefusal(refusal)}`);
      const found = await refusalOf(verifiers, whose, inScope[whose][0] ?? '');
      say(
        `traces of ${whose}: ${accepted} accepted, ${refused} refused; a planted bug ${found ? 'refused' : 'NOT REFUSED'}`,
      );
      passed += accepted + (found ? 1 : 0);
      failed += refused + (found ? 0 : 1);
    }
    return { passed, failed };
  } finally {
    await verifiers.close();
  }
};
