import { readFileSync } from 'node:fs';
import { repository } from '@mentor-sessions/local-stack/launch';

/** Permissive, or without any effect on what merely uses them. */
export const permitted: ReadonlySet<string> = new Set([
  ...[
    'MIT',
    'ISC',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    '0BSD',
    'BlueOak-1.0.0',
    'Unlicense',
    'Python-2.0',
    'CC0-1.0',
  ],
  ...[
    'CC-BY-3.0',
    'CC-BY-4.0',
    'MIT-0',
    'MIT OR CC0-1.0',
    '(MIT OR CC0-1.0)',
    '(MIT OR WTFPL)',
    '(BSD-2-Clause OR MIT OR Apache-2.0)',
    'WTFPL OR ISC',
  ],
  ...['(MIT AND Zlib)', 'MIT AND ISC', '(MIT AND BSD-3-Clause)', 'Apache-2.0 AND MIT'],
]);

// Where the lockfile does not say it, the package itself does.
const ofInstalled = (name: string): string => {
  try {
    const file = readFileSync(`${repository}node_modules/${name}/package.json`, 'utf8');
    const { license, licenses } = JSON.parse(file) as { license?: unknown; licenses?: { type: string }[] }; // the plural is of old
    return typeof license === 'string' ? license : (licenses?.[0]?.type ?? 'unknown');
  } catch {
    return 'unknown';
  }
};

export const licencesOf = (
  packages: readonly { readonly name: string; readonly license: string | undefined }[],
): Map<string, string[]> => {
  const counts = new Map<string, string[]>();
  for (const { name, license } of packages) {
    const licence = license ?? ofInstalled(name);
    counts.set(licence, [...(counts.get(licence) ?? []), name]);
  }
  return counts;
};
