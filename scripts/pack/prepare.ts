/**
 * `prepack` of a package in libs/: writes JavaScript and types to dist/ and, while packing, a package.json that points
 * there. In the repository the package runs from TypeScript, without a build (ADR 0005).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { bundleServiceKit } from './bundle-service-kit.ts';
import { readManifest, restoreManifest, swapManifest } from './manifest.ts';

restoreManifest();
const { private: _, scripts: __, devDependencies: ___, ...manifest } = readManifest();
rmSync('dist', { recursive: true, force: true });
execFileSync('tsc', ['-p', 'tsconfig.pack.json'], { stdio: ['ignore', 'inherit', 'inherit'] });
const { root, dependencies } = bundleServiceKit(manifest.dependencies ?? {});

/** Types first: TypeScript takes the first condition that fits. */
const builtExport = (path: string): string | object => {
  const [, name] = /^\.\/src\/(.+)\.ts$/.exec(path) ?? [];
  return name ? { types: `./${root}/${name}.d.ts`, default: `./${root}/${name}.js` } : path;
};

// what tsconfig.pack.json leaves out is for this repository alone
const isBuilt = ([, built]: readonly [string, string | object]): boolean =>
  typeof built === 'string' || existsSync((built as { default: string }).default);
const exports = Object.fromEntries(
  Object.entries(manifest.exports)
    .map(([door, path]) => [door, builtExport(path)] as const)
    .filter(isBuilt),
);
const bin = Object.fromEntries(
  Object.entries(manifest.bin ?? {}).map(([name, path]) => [name, (builtExport(path) as { default: string }).default]),
);
swapManifest({ ...manifest, dependencies, exports, ...(manifest.bin && { bin }) });
