import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';

const kit = '@mentor-sessions/service-kit';

type Bundled = { readonly root: string; readonly dependencies: Readonly<Record<string, string>> };

const inFile = (file: string): void => {
  const text = readFileSync(file, 'utf8');
  const pointed = text.replaceAll(new RegExp(`(['"])${kit}/([\\w-]+)\\1`, 'g'), (_, quote: string, name: string) => {
    const path = posix.relative(posix.dirname(file), `dist/service-kit/src/${name}.js`);
    return `${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
  });
  if (pointed !== text) writeFileSync(file, pointed);
};

/** What the bundled modules import in turn. */
const usedByKit = (): Record<string, string> => {
  const texts = globSync('dist/service-kit/**/*.js').map((file) => readFileSync(file, 'utf8'));
  const kitManifest = JSON.parse(readFileSync('../service-kit/package.json', 'utf8')) as Pick<Bundled, 'dependencies'>;
  const isImported = ([name]: [string, string]): boolean => texts.some((text) => text.includes(` from '${name}'`));
  return Object.fromEntries(Object.entries(kitManifest.dependencies).filter(isImported));
};

/** The types of a dependency that come as a package of their own: ours mention them. */
const typesOf = (dependencies: Bundled['dependencies']): Record<string, string> => {
  const root = JSON.parse(readFileSync('../../package.json', 'utf8')) as { devDependencies: Record<string, string> };
  const names = Object.keys(dependencies).map((name) => `@types/${name}`);
  return Object.fromEntries(Object.entries(root.devDependencies).filter(([name]) => names.includes(name)));
};

/**
 * The few modules of the service kit that a package uses were compiled along with it; here its imports are pointed at them,
 * so that others need not install the kit with its HTTP server and ORM.
 */
export const bundleServiceKit = ({ [kit]: uses, ...dependencies }: Readonly<Record<string, string>>): Bundled => {
  if (!uses) return { root: 'dist', dependencies };
  for (const file of globSync('dist/**/*.{js,d.ts}')) inFile(file.replaceAll('\\', '/'));
  const own = posix.basename(process.cwd());
  const all = { ...dependencies, ...usedByKit() };
  return { root: `dist/${own}/src`, dependencies: { ...all, ...typesOf(all) } };
};
