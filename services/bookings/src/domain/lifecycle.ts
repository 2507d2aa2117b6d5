export const bookingStatuses = ['draft', 'accepted', 'declined', 'cancelled'] as const;
export type BookingStatus = (typeof bookingStatuses)[number];

/** The two sides of a booking. */
export type Party = 'mentor' | 'mentee';

type Transition = {
  readonly from: BookingStatus;
  readonly to: BookingStatus;
  readonly by: readonly Party[];
  /** Nobody accepts their own request, not even as one of several users of the mentor's profile. */
  readonly neverByTheMentee: boolean;
};

export const transitions = {
  accept: { from: 'draft', to: 'accepted', by: ['mentor'], neverByTheMentee: true },
  decline: { from: 'draft', to: 'declined', by: ['mentor'], neverByTheMentee: false },
  cancel: { from: 'draft', to: 'cancelled', by: ['mentee'], neverByTheMentee: false },
} as const satisfies Record<string, Transition>;

export type BookingAction = keyof typeof transitions;
export const bookingActions = Object.keys(transitions) as BookingAction[];
