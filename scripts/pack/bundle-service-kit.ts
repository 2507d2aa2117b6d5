import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
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

/**
 * The few modules of the service kit that a package uses were compiled along with it; here its imports are pointed at them,
 * so that others need not install the kit with its HTTP server and ORM.
 */
export const bundleServiceKit = ({ [kit]: uses, ...dependencies }: Readonly<Record<string, string>>): Bundled => {
  if (!uses) return { root: 'dist', dependencies };
  for (const file of globSync('dist/**/*.{js,d.ts}')) inFile(file.replaceAll('\\', '/'));
  const own = posix.basename(process.cwd());
  if (!existsSync(`dist/${own}/src`)) throw new Error(`nothing was built in dist/${own}/src`);
  return { root: `dist/${own}/src`, dependencies };
};
