/** Name → whether it is there. A check that throws, takes too long, or gives false or a text (why not) fails. */
export type Checks = Readonly<Record<string, () => unknown>>;

/** `true`, or what is wrong. */
export type Seen = Readonly<Record<string, true | string>>;

const WITHIN_MS = 2_000;

export const look = async (checks: Checks): Promise<Seen> =>
  Object.fromEntries<true | string>(
    await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await result(check)] as const)),
  );

const result = async (check: () => unknown): Promise<true | string> => {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve('no answer in time'), WITHIN_MS);
  try {
    const seen = await Promise.race([Promise.resolve().then(check), late.promise]);
    if (seen === false) return 'not there';
    return typeof seen === 'string' ? seen : true;
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  } finally {
    clearTimeout(timer);
  }
};
