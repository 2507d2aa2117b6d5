import type { Candidate, Job, Running, Sample } from './job.ts';
import type { World } from './world.ts';

export type Measurements = {
  readonly job: Job;
  readonly candidates: readonly (Pick<Candidate, 'name' | 'kind'> & { readonly samples: readonly Sample[] })[];
};

export const secondsSince = (began: number): number => Math.round((performance.now() - began) / 1_000);

const usualRounds = { smoke: 1, quick: 1, full: 5, long: 1 } as const;

/** All candidates in turn (A B C A B C …), so that a noisy machine affects neighbouring rounds alike. */
export const measure = async (job: Job, world: World, rounds?: number): Promise<Measurements> => {
  const candidates = job.candidates(world.scale);
  const running: Running[] = [];
  const samples = candidates.map((): Sample[] => []);
  const began = performance.now();
  try {
    for (const candidate of candidates) running.push(await candidate.setUp(world));
    world.say(`${job.name}: set up in ${secondsSince(began)} s`);
    const count = rounds ?? job.rounds?.[world.scale] ?? usualRounds[world.scale];
    for (let n = 0; n < count; n++) {
      for (const [index, candidate] of candidates.entries()) {
        await world.checkpoint();
        const sample = await (running[index] as Running).round(n);
        samples[index]?.push(sample);
        world.say(`${job.name} ${n + 1}/${count}  ${candidate.name}: ${short(job, sample)}`);
      }
    }
  } finally {
    for (const one of running) await one.tearDown();
  }
  return {
    job,
    candidates: candidates.map(({ name, kind }, index) => ({ name, kind, samples: samples[index] ?? [] })),
  };
};

const short = ({ metrics }: Job, sample: Sample): string =>
  Object.entries(metrics)
    .filter(([key]) => sample[key] !== undefined)
    .map(([key, { unit }]) => `${key} ${Number(sample[key]?.toPrecision(3))} ${unit}`)
    .join(', ');
