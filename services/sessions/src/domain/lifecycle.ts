export const sessionStatuses = ['scheduled', 'in_progress', 'completed'] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

/** The two sides of a session. */
export type Party = 'mentor' | 'mentee';

type Transition = {
  readonly from: SessionStatus;
  readonly to: SessionStatus;
  readonly by: readonly Party[];
  /** Completion is the mentor's word about the mentee: not the mentee's, even as one of the mentor profile's users. */
  readonly neverByTheMentee: boolean;
};

export const transitions = {
  start: { from: 'scheduled', to: 'in_progress', by: ['mentor', 'mentee'], neverByTheMentee: false },
  complete: { from: 'in_progress', to: 'completed', by: ['mentor'], neverByTheMentee: true },
} as const satisfies Record<string, Transition>;

export type SessionAction = keyof typeof transitions;
export const sessionActions = Object.keys(transitions) as SessionAction[];
