/** Why a booking does not change: for the document and the problems' own pages. */
export const invalidTransition = {
  status: 409,
  code: 'invalid-transition',
  description: 'its status allows no such transition; with `currentStatus`',
  cure: 'Read it again, and show what is possible now: allowedActions. If it is where you wanted it, it has happened.',
};
export const doubleBooked = {
  status: 409,
  code: 'mentor-double-booked',
  description: 'the mentor has accepted another booking at that time',
  cure: 'Decline it, or ask for a booking at another time: times of a booking never change.',
};
export const expired = {
  status: 409,
  code: 'booking-expired',
  description: 'its time is over',
  cure: 'Decline it, or ask for a new booking.',
};
