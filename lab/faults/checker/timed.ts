/** Types of events that follow from time alone, with the sequence of the change that they follow. */
const sequences: Readonly<Record<string, number>> = {
  'booking.expired': 1,
  'session.starting-soon': 1,
  'session.start-overdue': 1,
  'session.completion-overdue': 2,
};

export const isTimed = (type: string): boolean => type in sequences;

export const sequenceOf = (type: string): number => sequences[type] ?? NaN;
