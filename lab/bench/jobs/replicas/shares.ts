/** A counter's sum over the series whose labels hold `label`, from a process's /metrics. */
const counterOf = async (adminUrl: string, counter: string, label: string): Promise<number> => {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(counter) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};

/** What the least busy replica did, of what each would have done had all done the same: 1 is even, 0 is idle. */
export const leastShare = async (
  replicas: readonly { readonly adminUrl: string }[],
  counter: string,
  label: string,
): Promise<number> => {
  const counts = await Promise.all(replicas.map(({ adminUrl }) => counterOf(adminUrl, counter, label)));
  return (Math.min(...counts) * counts.length) / counts.reduce((sum, count) => sum + count, 0);
};
