import type { Fault } from '../fault.ts';

/** Shows that what a run with a fault does not find is not found because it is not there. */
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
