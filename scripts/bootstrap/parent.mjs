/**
 * Calls `act` when the process that started this one is gone, e.g. killed with SIGKILL, which no one can pass on. Only where
 * npm started it: under a shell it is in order to outlive one's parent.
 */
export const whenParentIsGone = (act) => {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, 1_000);
  timer.unref();
};
