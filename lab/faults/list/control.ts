import type { Fault } from '../fault.ts';

/** A run without a fault, for comparison. */
export const control: Fault = {
  id: 'F0',
  name: 'no fault',
  promise: 'no violation',
  how: 'people book and move their sessions on, nothing else',
  run: async ({ workload }) => {
    await workload.more(200);
    return 'nothing, as it should be';
  },
};
