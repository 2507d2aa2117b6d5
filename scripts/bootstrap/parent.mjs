/**
 * Calls `act` when the process that started this one is gone, for example killed with SIGKILL, which cannot be forwarded.
 * Only where npm started it: under a shell a process may outlive its parent.
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
