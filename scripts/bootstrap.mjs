/**
 * `node scripts/bootstrap.mjs scripts/<name>.ts …`: plain JavaScript for the machine's own Node (18 or later). Installs the
 * dependencies when they are missing or not those of package-lock.json, then runs the script with the project's own Node.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './bootstrap/dependencies.mjs';
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

const [script, ...args] = process.argv.slice(2);
try {
  await installDependencies(repository);
  run(script, args);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
