import { addTo, changeTraceResults, readTraceResults } from './results.ts';
import { describeRefusal, inScope, refusalOf, verifySimulated } from './simulated.ts';
import { createVerifier } from './verify.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Every other round has many concurrent aggregates, which is cheaper. */
const ROUND = 500;
const MANY = { histories: 25, swarm: { bookings: 40 } };
const SMALL = 60;

type Counts = { readonly passed: number; readonly failed: number };

/** Simulates until `histories` more are verified; adds to the results. */
export const runTraces = async (histories: number): Promise<Counts> => {
  const verifier = await createVerifier();
  const known = new Set<string>();
  const began = performance.now();
  const { steps } = verifier;
  let [passed, failed] = [0, 0];
  try {
    for (let [left, isMany] = [histories, false]; left > 0; isMany = !isMany) {
      const { simulated } = await readTraceResults();
      const seed = simulated.nextSeed;
      const asked = isMany ? { ...MANY, seed } : { histories: Math.min(left, ROUND), seed };
      const round = await verifySimulated(verifier, asked, known);
      left -= asked.histories;
      passed += round.accepted;
      failed += round.refused;
      for (const refusal of round.verdict.refusals) console.error(`  ${describeRefusal(refusal)}`);
      const ran = { histories: simulated.histories + asked.histories, nextSeed: seed + asked.histories };
      await changeTraceResults((results) => ({
        steps,
        simulated: { ...addTo(results.simulated, round, round.verdict), ...ran },
      }));
      const seconds = Math.round((performance.now() - began) / 1_000);
      say(`traces ${passed} accepted, ${failed} refused, ${known.size} distinct, ${seconds} s`);
    }
    return { passed, failed };
  } finally {
    await verifier.close();
  }
};

/** Plants each bug that is in scope; adds to the results. */
export const runPlantedTraces = async (): Promise<Counts> => {
  const verifier = await createVerifier();
  let [passed, failed] = [0, 0];
  try {
    for (const plant of inScope) {
      if ((await readTraceResults()).planted[plant]) continue;
      const refusal = await refusalOf(verifier, plant);
      say(`traces, planted bug ${plant}: ${refusal ? `refused: ${refusal}` : 'NOT REFUSED'}`);
      if (refusal === null) failed += 1;
      else {
        passed += 1;
        await changeTraceResults(({ planted }) => ({ planted: { ...planted, [plant]: refusal } }));
      }
    }
    return { passed, failed };
  } finally {
    await verifier.close();
  }
};

/** Part of npm run lab: nothing is recorded. */
export const runSmallTraces = async (): Promise<Counts> => {
  const verifier = await createVerifier();
  try {
    const { accepted, refused, verdict } = await verifySimulated(verifier, { histories: SMALL, seed: 1 });
    for (const refusal of verdict.refusals) console.error(`  ${describeRefusal(refusal)}`);
    const found = await refusalOf(verifier, 'marked before the confirm');
    say(`traces ${accepted} accepted, ${refused} refused; a planted bug ${found ? 'refused' : 'NOT REFUSED'}`);
    return { passed: accepted + (found ? 1 : 0), failed: refused + (found ? 0 : 1) };
  } finally {
    await verifier.close();
  }
};
