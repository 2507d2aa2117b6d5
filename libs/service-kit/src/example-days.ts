/** In examples of the document; it is served with today's date and tomorrow's, so that an example can be sent as it stands. */
export const exampleDays = { today: '2030-01-31', tomorrow: '2030-02-01' } as const;

const DAY_MS = 86_400_000;

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** What `make` gives, with the days of examples replaced; made once a day. */
export const inOurDays = (make: () => object): (() => object) => {
  let made: { readonly today: string; readonly document: object } | undefined;
  return () => {
    const today = dayOf(Date.now());
    if (made?.today === today) return made.document;
    const text = JSON.stringify(make())
      .replaceAll(exampleDays.tomorrow, dayOf(Date.now() + DAY_MS))
      .replaceAll(exampleDays.today, today);
    made = { today, document: JSON.parse(text) as object };
    return made.document;
  };
};
