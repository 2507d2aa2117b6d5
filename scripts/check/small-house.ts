// A house small enough to read at one glance, under the real configuration of every check, in a temporary folder.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const house = join(import.meta.dirname, '../..');
const settings = [
  ...['package.json', 'tsconfig.json', 'tsconfig.base.json', 'eslint.config.mjs', 'knip.json'],
  ...['.dependency-cruiser.cjs', '.prettierrc.json', '.prettierignore'],
];
const packages = [
  ...['api-client', 'contracts', 'local-stack', 'messaging', 'service-kit'].map((name) => `libs/${name}`),
  ...['bookings', 'sessions'].map((name) => `services/${name}`),
  ...['examples/notifications', 'ops'],
];

/** Installed packages are linked, our own are those of the small house. */
function linkPackages(folder: string): void {
  const installed = join(house, 'node_modules');
  mkdirSync(join(folder, 'node_modules/@mentor-sessions'), { recursive: true });
  for (const name of readdirSync(installed)) {
    if (name !== '@mentor-sessions') symlinkSync(join(installed, name), join(folder, 'node_modules', name));
  }
  for (const path of packages) {
    symlinkSync(join(folder, path), join(folder, 'node_modules/@mentor-sessions', path.replace(/.*\//, '')));
  }
}

export function buildSmallHouse(files: Record<string, string>): { readonly folder: string; tearDown(): void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'small-house-')));
  for (const path of [...settings, ...packages.map((name) => `${name}/package.json`)]) {
    cpSync(join(house, path), join(folder, path), { recursive: true });
  }
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  linkPackages(folder);
  return { folder, tearDown: () => rmSync(folder, { recursive: true }) };
}
