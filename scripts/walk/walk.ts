import { printableLines } from '@mentor-sessions/service-kit/printable';
import type { RunningStack } from '../start/running-stack.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { steps } from './steps.ts';
import type { Step } from './step.ts';

const take = async ({ says, run }: Step, stage: Stage): Promise<void> => {
  const began = performance.now();
  const seen = await run(stage);
  const took = `${(performance.now() - began).toFixed(0)} ms`;
  console.log(printableLines(`  ${took.padStart(8)}  ${says}: ${seen}`));
};

/** Walks one booking to a completed session through the public API and shows each step; false if a step was not as it should be. */
export const walk = async (stack: RunningStack): Promise<boolean> => {
  console.log('\nOne booking, from request to completed session:');
  const stage = await openStage(stack);
  let now = '';
  try {
    for (const step of steps) {
      now = step.says;
      await take(step, stage);
    }
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(printableLines(`    FAILED  ${now}: ${why}`));
    return false;
  } finally {
    await stage.close();
  }
};
