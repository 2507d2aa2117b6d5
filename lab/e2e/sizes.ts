const sizeOf = (name: string, usual: number): number =>
  // eslint-disable-next-line no-restricted-properties -- no configuration of the system: how long a person wants to wait
  Number(process.env[name] ?? usual);

/** Smaller ones end sooner: `E2E_BOOKINGS=100 E2E_KILLS=1 npm run test:e2e`. */
export const sizes = { bookings: sizeOf('E2E_BOOKINGS', 1_000), kills: sizeOf('E2E_KILLS', 5) };
