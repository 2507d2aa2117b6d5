import { printableLines } from '@mentor-sessions/service-kit/printable';
import type { RunningStack } from '../start/stack.ts';
import { openStage } from './stage.ts';
import { steps } from './steps.ts';

/** Takes one booking to a completed session through the public API and prints each step; false if a step failed. */
export const walk = async (running: RunningStack): Promise<boolean> => {
  console.log('\nOne booking, from request to completed session:');
  const stage = await openStage(running);
  let now = '';
  try {
    for (const { says, run } of steps) {
      now = says;
      const began = performance.now();
      const seen = await run(stage);
      const took = `${(performance.now() - began).toFixed(0)} ms`;
      console.log(printableLines(`  ${took.padStart(8)}  ${says}: ${seen}`));
    }
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(printableLines(`    FAILED  ${now}: ${why}`));
    return false;
  } finally {
    await stage.onlooker.close();
  }
};
