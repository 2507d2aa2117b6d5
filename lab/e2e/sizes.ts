const sizeOf = (name: string, usual: number): number =>
  // eslint-disable-next-line no-restricted-properties -- not configuration of the system, but the size of the test
  Number(process.env[name] ?? usual);

/** Smaller values for a quick run: `E2E_BOOKINGS=100 E2E_KILLS=1 npm run test:e2e`. */
export const sizes = { bookings: sizeOf('E2E_BOOKINGS', 1_000), kills: sizeOf('E2E_KILLS', 5) };
