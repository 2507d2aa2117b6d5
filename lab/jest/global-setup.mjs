// Plain JavaScript, so that Node loads it and the TypeScript that it imports without jest's transform.
import { startTestRun } from '../test-aids/test-run.ts';

export default async () => {
  globalThis.endTestRun = await startTestRun();
};
