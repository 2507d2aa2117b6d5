import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter } from 'node:path';
import { oneAtATime } from './lock.mjs';
import { scriptsInUse } from './uses.mjs';

const stampOf = (repository) => `${repository}node_modules/.mentor-sessions-lock`;
const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

const installedPackages = (repository) => {
  const hidden = read(`${repository}node_modules/.package-lock.json`);
  return hidden ? JSON.parse(hidden).packages : undefined;
};

/**
 * Compares npm's list of installed packages with package-lock.json; packages of other platforms may be missing.
 * Without `dev`, development tools may be missing, too.
 */
export const isInstalled = (repository, { dev }) => {
  const installed = installedPackages(repository);
  if (!installed || !existsSync(`${repository}node_modules/.bin/node`)) return false;
  const wanted = Object.entries(JSON.parse(read(`${repository}package-lock.json`)).packages);
  return wanted.every(([path, { link, version, optional, devOptional, dev: isTool }]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    if (link) return existsSync(`${repository}${path}`);
    const there = installed[path];
    return there ? there.version === version : Boolean(optional || devOptional || (isTool && !dev));
  });
};

/** Once there, development tools are never removed again. */
const hasTools = (repository) => Object.values(installedPackages(repository) ?? {}).some(({ dev }) => dev);

/** The machine's npm on the machine's Node: the project's own Node is among what `npm ci` removes first. */
const withoutProjectNode = (env) => {
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { ...env, PATH: path.join(delimiter) };
};

const run = ([command, ...args], cwd) => {
  const options = { cwd, stdio: ['ignore', 2, 2], env: withoutProjectNode(process.env) };
  const { status, error } = spawnSync(command, [...args, '--no-audit', '--no-fund', '--loglevel=error'], options);
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
};

/**
 * Runs the install scripts that `allowScripts` allows, and no others. npm itself reads `allowScripts` only since 11.10, and
 * machines have older versions. `npm` is the command, in parts.
 */
export const installWith = (npm, repository, { dev } = { dev: true }) => {
  const { allowScripts = {} } = JSON.parse(read(`${repository}package.json`));
  const isThere = (name) => existsSync(`${repository}node_modules/${name}`);
  const names = Object.keys(allowScripts).filter((name) => allowScripts[name] === true);
  // `npm ci` begins by removing node_modules: it is for a first install, `npm install` adds to what is there.
  const command = installedPackages(repository) ? ['install', '--no-save'] : ['ci'];
  // said explicitly: NODE_ENV=production and `omit` in an .npmrc leave both out
  const kinds = [dev ? '--include=dev' : '--omit=dev', '--include=optional'];
  run([...npm, ...command, '--ignore-scripts', ...kinds], repository);
  const allowed = names.filter(isThere);
  if (allowed.length > 0) run([...npm, 'rebuild', '--ignore-scripts=false', ...allowed], repository);
};

/** What the native packages require of the Node that installs them. */
export const isRecent = (version) => {
  const [major, minor] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
};

/** Of the Node that runs the machine's npm. This process may run on the project's own: npm puts it first in PATH. */
export const machineNode = () => {
  const { stdout } = spawnSync('node', ['--version'], { env: withoutProjectNode(process.env), encoding: 'utf8' });
  return stdout?.trim().replace(/^v/, '') || process.versions.node;
};

// the machine's npm may be a distribution's, which another Node cannot run
const NPM = 'npm@11.19.1';

// npm silently skips optional packages (native bindings) whose `engines` its Node does not meet: on an older machine the
// project's own Node is installed first, in a temporary folder, and installs the rest
const install = (repository, wanted) => {
  console.error(`Installing ${wanted.dev ? 'dependencies and development tools' : 'dependencies'} …`);
  if (isRecent(machineNode())) return installWith(['npm'], repository, wanted);
  const folder = mkdtempSync(`${tmpdir()}/mentor-sessions-node-`);
  try {
    const { version } = JSON.parse(read(`${repository}package-lock.json`)).packages['node_modules/node'];
    run(['npm', 'install', '--no-save', `--prefix=${folder}`, `node@${version}`, NPM], folder);
    const modules = `${folder}/node_modules`;
    installWith([`${modules}/.bin/node`, `${modules}/npm/bin/npm-cli.js`], repository, wanted);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/**
 * Does nothing when they are as package-lock.json says. A stamp with the lockfile's hash makes the usual case quick.
 * Installing only adds. While something runs from this checkout nothing is installed: it would change the files under it.
 */
export const installDependencies = (repository, { dev }) => {
  const hash = hashOf(`${repository}package-lock.json`);
  const stamps = dev ? [`${hash} dev`] : [hash, `${hash} dev`];
  const isStamped = () => stamps.includes(read(stampOf(repository)));
  if (isStamped()) return undefined;
  return oneAtATime(`${repository}.local`, 'npm-ci', () => {
    if (isStamped()) return;
    const wanted = { dev: dev || hasTools(repository) };
    if (!isInstalled(repository, wanted)) {
      const [running] = scriptsInUse(repository);
      if (running)
        throw new Error(
          `Dependencies are missing, and ${running} is running from this checkout. Stop it, run this once, then start it again.`,
        );
      install(repository, wanted);
    }
    writeFileSync(stampOf(repository), wanted.dev ? `${hash} dev` : hash);
  });
};
