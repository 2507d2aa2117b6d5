import Sequencer from '@jest/test-sequencer';

const kinds = ['e2e', 'integration', 'unit'];
const rank = ({ context }) => kinds.indexOf(context.config.displayName?.name);

/** Jest's own order, but kind by kind: short files are left for the end, so that no worker waits for a long one. */
export default class SlowKindsFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}
