import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter } from 'node:path';
import { oneAtATime } from './lock.mjs';

const stampOf = (repository) => `${repository}node_modules/.mentor-sessions-lock`;
const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** What npm says is installed against what package-lock.json asks for; packages of other platforms may be missing. */
export const isInstalled = (repository) => {
  const hidden = read(`${repository}node_modules/.package-lock.json`);
  if (!hidden || !existsSync(`${repository}node_modules/.bin/node`)) return false;
  const installed = JSON.parse(hidden).packages;
  const wanted = Object.entries(JSON.parse(read(`${repository}package-lock.json`)).packages);
  return wanted.every(([path, { link, version, optional, devOptional }]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    if (link) return existsSync(`${repository}${path}`);
    const there = installed[path];
    return there ? there.version === version : Boolean(optional || devOptional);
  });
};

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
 * Whatever asks for an install script, only what `allowScripts` allows gets it. npm reads `allowScripts` itself since
 * 11.10 only, and machines bring older ones: here no npm is relied on for it. `npm` is the command, in parts.
 */
export const installWith = (npm, repository) => {
  const { allowScripts = {} } = JSON.parse(read(`${repository}package.json`));
  const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name] === true);
  run([...npm, 'ci', '--ignore-scripts'], repository);
  if (allowed.length > 0) run([...npm, 'rebuild', '--ignore-scripts=false', ...allowed], repository);
};

/** What the native packages of our tools ask of the Node that installs them. */
export const isRecent = (version) => {
  const [major, minor] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
};

// The machine's npm may be a distribution's, which another Node cannot run: one of its own goes with it.
const NPM = 'npm@11.19.1';

// npm leaves out, without a word, optional packages (native bindings) whose `engines` the Node that runs it does not
// meet: on an older machine the project's own Node comes first, in a folder for the while, and installs the rest.
const npmCi = (repository) => {
  console.error('Installing dependencies (npm ci) …');
  if (isRecent(process.versions.node)) return installWith(['npm'], repository);
  const folder = mkdtempSync(`${tmpdir()}/mentor-sessions-node-`);
  try {
    const { version } = JSON.parse(read(`${repository}package-lock.json`)).packages['node_modules/node'];
    run(['npm', 'install', '--no-save', `--prefix=${folder}`, `node@${version}`, NPM], folder);
    const modules = `${folder}/node_modules`;
    installWith([`${modules}/.bin/node`, `${modules}/npm/bin/npm-cli.js`], repository);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Does nothing when they are as package-lock.json says. A stamp with the lockfile's hash makes the usual case quick. */
export const installDependencies = (repository) => {
  const hash = hashOf(`${repository}package-lock.json`);
  const isStamped = () => read(stampOf(repository)) === hash;
  if (isStamped()) return undefined;
  return oneAtATime(`${repository}.local`, 'npm-ci', () => {
    if (isStamped()) return;
    if (!isInstalled(repository)) npmCi(repository);
    writeFileSync(stampOf(repository), hash);
  });
};
