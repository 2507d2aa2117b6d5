import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync, readFileSync, globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installWith } from '../../../scripts/bootstrap/dependencies.mjs';
import { unless, verdict, type Size, type Verdict, type Part } from '../part.ts';
import { repository } from '@mentor-sessions/local-stack/launch';
import licenceNames from './fixtures/permitted-licences.json' with { type: 'json' };

/** The npm of Node 20 and 22, which does not support `allowScripts`. */
const OLD = 'npm@10.9.2';

const say = (folder: string, manifest: object): void => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
};

/** A repository with two dependencies whose install scripts create a file. */
const repositoryIn = (folder: string): string => {
  const repository = join(folder, 'repository/');
  for (const name of ['allowed', 'forbidden']) {
    say(join(folder, name), {
      name,
      version: '1.0.0',
      scripts: { install: 'echo ran > ran', postinstall: 'echo ran > ran' },
    });
    execFileSync('npm', ['pack', '--silent'], { cwd: join(folder, name) });
  }
  say(repository, {
    name: 'house',
    version: '1.0.0',
    dependencies: { allowed: 'file:../allowed/allowed-1.0.0.tgz', forbidden: 'file:../forbidden/forbidden-1.0.0.tgz' },
    allowScripts: { allowed: true, forbidden: false },
  });
  execFileSync('npm', ['install', '--package-lock-only', '--silent'], { cwd: repository });
  return repository;
};

/** `npm ci` of the bootstrap, under this machine's npm and, in full size, under one that does not read `allowScripts`. */
const installScripts = (size: Size): Verdict => {
  const folder = mkdtempSync(join(tmpdir(), 'abuse-scripts-'));
  const faults: string[] = [];
  try {
    const repository = repositoryIn(folder);
    const npms = { 'the machine’s npm': ['npm'] } as Record<string, string[]>;
    if (size === 'full') {
      say(join(folder, 'npm'), {});
      execFileSync('npm', ['install', '--no-save', '--silent', OLD], { cwd: join(folder, 'npm') });
      npms[OLD] = [process.execPath, join(folder, 'npm/node_modules/npm/bin/npm-cli.js')];
    }
    for (const [name, command] of Object.entries(npms)) {
      installWith(command, repository);
      const ran = (of: string): boolean => existsSync(join(repository, 'node_modules', of, 'ran'));
      faults.push(...unless(ran('allowed'), `${name} did not run what is allowed`));
      faults.push(...unless(!ran('forbidden'), `${name} ran what is forbidden`));
    }
    return verdict('F52 install scripts run by allow-list under every npm', Object.keys(npms).join(', '), faults);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Permissive licences, or ones without effect on mere use. */
const permitted: ReadonlySet<string> = new Set(licenceNames);

// the package itself, if the lockfile does not have it
const ofInstalled = (name: string): string => {
  try {
    const file = readFileSync(`${repository}node_modules/${name}/package.json`, 'utf8');
    const { license, licenses } = JSON.parse(file) as { license?: unknown; licenses?: { type: string }[] }; // an old form of the field
    return typeof license === 'string' ? license : (licenses?.[0]?.type ?? 'unknown');
  } catch {
    return 'unknown';
  }
};

const licencesOf = (
  packages: readonly { readonly name: string; readonly license: string | undefined }[],
): Map<string, string[]> => {
  const counts = new Map<string, string[]>();
  for (const { name, license } of packages) {
    const licence = license ?? ofInstalled(name);
    counts.set(licence, [...(counts.get(licence) ?? []), name]);
  }
  return counts;
};

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

/** Packages installed by `npm ci`, without links into this repository and our own folders. */
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
    'every lockfile entry has a SHA-512, and none names a host',
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
    'allowScripts decides on each package with install scripts',
    `${asking.length} ask, allowed: ${allowed.join(', ')}`,
    undecided.map((name) => `no one has decided on ${name}`),
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
  return verdict('our packages ask for exact versions', `${files.length} package.json files`, loose);
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
  const counted = [...counts]
    .toSorted((a, b) => b[1].length - a[1].length)
    .slice(0, 3)
    .map(([licence, names]) => `${licence} × ${names.length}`);
  const faults = [...counts]
    .filter(([licence]) => !permitted.has(licence))
    .map(([licence, names]) => `${licence}: ${names.join(', ')}`);
  return verdict('every installed package has an accepted licence', `most often ${counted.join(', ')}`, faults);
};

export const supply: Part = {
  name: 'supply',
  run: async (size) => [integrity(), scripts(), installScripts(size), exact(), sbom(), licences()],
};
