/** What a process of ours wrote when it began to listen: `port` of a component, in JSON lines. */
type Line = { readonly msg?: string; readonly component?: string; readonly port?: number; readonly url?: string };

const parsed = (line: string): Line => {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return {};
  }
};

/**
 * Ports on which a process says that it listens. An answer on a chosen port proves nothing: another program may have
 * taken the port a moment before ours could.
 */
export const portsItListensOn = (log: string): ReadonlyMap<string, number> => {
  const said = log.split('\n').map(parsed);
  return new Map(
    said
      .filter(({ msg }) => msg === 'listening')
      .map(({ component = '', port, url }) => [component, port ?? Number(new URL(url ?? 'http://-').port)]),
  );
};

export const portWasTaken = (log: string): boolean => log.includes('EADDRINUSE');
