import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { repository } from '@mentor-sessions/local-stack/launch';
import { unless, verdict } from '../part.ts';
import type { Part, Verdict } from '../part.ts';
import { installScripts } from './install-scripts.ts';
import { licencesOf, permitted } from './licences.ts';

type Package = {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly license?: string;
  readonly inBundle?: boolean;
};

const read = (file: string): unknown => JSON.parse(readFileSync(`${repository}${file}`, 'utf8'));

/** What `npm ci` installs: neither links into this repository nor our own folders. */
const installed = (lockfile = 'package-lock.json'): (readonly [string, Package])[] => {
  const { packages } = read(lockfile) as { packages: Record<string, Package> };
  return Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);
};

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

const integrity = (): Verdict => {
  const lockfiles = globSync(['package-lock.json', 'lab/abuse/*/package-lock.json'], { cwd: repository });
  const all = lockfiles.flatMap((file) => installed(file));
  const without = all.filter(
    ([, { integrity: hash, inBundle }]) => !inBundle && !/^sha512-[\w+/]{86}==$/.test(hash ?? ''),
  );
  const elsewhere = all.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith('file:'));
  return verdict(
    'every entry of the lockfiles has a SHA-512, and none names a host',
    `${all.length} entries of ${lockfiles.length}`,
    [
      ...without.map(([path]) => `no SHA-512: ${path}`),
      ...elsewhere.map(([path]) => `names where it comes from: ${path}`),
    ],
  );
};

const scripts = (): Verdict => {
  const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> };
  const asking = [
    ...new Set(
      installed()
        .filter(([, { hasInstallScript }]) => hasInstallScript)
        .map(([path]) => nameOf(path)),
    ),
  ];
  const undecided = asking.filter((name) => !(name in allowScripts));
  const allowed = asking.filter((name) => allowScripts[name]);
  return verdict(
    'packages with install scripts are decided one by one in allowScripts',
    `${asking.length} ask, allowed: ${allowed.join(', ')}`,
    undecided.map((name) => `nobody has decided on ${name}`),
  );
};

const exact = (): Verdict => {
  const { workspaces } = read('package.json') as { workspaces: string[] };
  const folders = ['.', ...workspaces, 'lab/abuse/*'];
  const files = globSync(
    folders.map((path) => `${path}/package.json`),
    { cwd: repository },
  );
  const loose = files.flatMap((file) => {
    const { dependencies = {}, devDependencies = {} } = read(file) as Record<
      string,
      Record<string, string> | undefined
    >;
    return Object.entries({ ...dependencies, ...devDependencies })
      .filter(([name, range]) => !name.startsWith('@mentor-sessions/') && !/^\d+\.\d+\.\d+$/.test(range))
      .map(([name, range]) => `${file}: ${name} ${range}`);
  });
  return verdict('our own packages ask for exact versions', `${files.length} package.json files`, loose);
};

type Sbom = {
  readonly bomFormat: string;
  readonly components: readonly { readonly name: string; readonly purl?: string }[];
};

const sbom = (): Verdict => {
  const script = (read('package.json') as { scripts: Record<string, string> }).scripts['sbom'] ?? '';
  const text = execFileSync('npm', ['run', '--silent', 'sbom'], {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
  });
  const { bomFormat, components } = JSON.parse(text) as Sbom;
  const listed = new Set(components.map(({ purl }) => purl));
  const shipped = ['express', 'pg', 'jose', 'amqplib', 'zod', 'pino', '@mikro-orm/core'];
  return verdict(
    'npm run sbom lists what we ship, in CycloneDX, without a network',
    `${components.length} components`,
    [
      ...unless(bomFormat === 'CycloneDX' && /cyclonedx/.test(script), 'not CycloneDX'),
      ...shipped
        .filter((name) => ![...listed].some((purl) => purl?.startsWith(`pkg:npm/${name.replace('@', '%40')}@`)))
        .map((name) => `not listed: ${name}`),
    ],
  );
};

const licences = (): Verdict => {
  const counts = licencesOf(installed().map(([path, { license }]) => ({ name: nameOf(path), license })));
  const told = [...counts]
    .toSorted((a, b) => b[1].length - a[1].length)
    .map(([licence, names]) => `${licence} × ${names.length}`);
  const faults = [...counts]
    .filter(([licence]) => !permitted.has(licence))
    .map(([licence, names]) => `${licence}: ${names.join(', ')}`);
  return verdict('every package that npm ci installs has a licence that we know and accept', told.join(', '), faults);
};

export const supply: Part = {
  name: 'supply',
  run: async (size) => [integrity(), scripts(), installScripts(size), exact(), sbom(), licences()],
};
