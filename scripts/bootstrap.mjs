/**
 * `node scripts/bootstrap.mjs [--dev] scripts/<name>.ts …`: plain JavaScript for the machine's own Node (18 or later).
 * Installs the dependencies when they are missing or not those of package-lock.json, then runs the script with the
 * project's own Node. `--dev`: the script also needs the development tools (tests, linters, the lab).
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './bootstrap/dependencies.mjs';
import { registerUse } from './bootstrap/uses.mjs';
import { whenParentIsGone } from './bootstrap/parent.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const run = (script, args) => {
  const node = `${repository}node_modules/.bin/node`;
  const child = spawn(node, [`${repository}${script}`, ...args], { stdio: 'inherit', cwd: repository });
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  whenParentIsGone(() => child.kill('SIGTERM'));
  child.once('error', (error) => {
    console.error(`The project's Node does not start: ${error.message}`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
};

const given = process.argv.slice(2);
const dev = given[0] === '--dev';
const [script, ...args] = dev ? given.slice(1) : given;
try {
  await installDependencies(repository, { dev });
  registerUse(repository, script);
  run(script, args);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
