const keys = ['level', 'time', 'service', 'role'];

// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const control = /[\u0000-\u0008\u000b-\u001f\u007f\u009b]/;

/** Log lines that contain a secret, and lines that are not a JSON object of our logger. */
export const faultsIn = (name: string, log: string, secrets: readonly string[]): string[] => {
  const lines = log.split('\n').filter(Boolean);
  const leaking = lines
    .filter((line) => secrets.some((secret) => line.includes(secret)))
    .map((line) => `${name} leaks: ${line.slice(0, 400)}`);
  const odd = lines.filter((line) => {
    if (control.test(line)) return true;
    try {
      const entry = JSON.parse(line) as Record<string, unknown>;
      return keys.some((key) => typeof entry[key] !== 'string');
    } catch {
      return true;
    }
  });
  return [...leaking, ...odd.map((line) => `${name} has a line that is not ours: ${line.slice(0, 200)}`)];
};
