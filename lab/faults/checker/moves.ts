import type { Action } from '../evidence/history.ts';

/** The effect of each action. The checker has its own definition of the lifecycles, so as not to share a mistake. */
export const moves: Partial<Record<Action, { readonly from: string; readonly to: string }>> = {
  accept: { from: 'draft', to: 'accepted' },
  decline: { from: 'draft', to: 'declined' },
  cancel: { from: 'draft', to: 'cancelled' },
  start: { from: 'scheduled', to: 'in_progress' },
  complete: { from: 'in_progress', to: 'completed' },
};
