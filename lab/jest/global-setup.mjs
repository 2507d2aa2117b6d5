// Plain JavaScript, so that jest leaves it to Node, which reads the TypeScript behind it by itself.
import { startTestRun } from '../test-aids/test-run.ts';

export default async () => {
  globalThis.endTestRun = await startTestRun();
};
