/** A gate that is opened and closed again; whoever waits passes when it opens, or when its patience ends. */
export const gate = () => {
  let opened = Promise.withResolvers<void>();
  return {
    open: (): void => opened.resolve(),
    close: (): void => {
      opened = Promise.withResolvers<void>();
    },
    passed: async (timeoutMs: number): Promise<void> => {
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, timeoutMs);
      await Promise.race([opened.promise, patience.promise]);
      clearTimeout(timer);
    },
  };
};
