import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { repository } from '@mentor-sessions/local-stack/launch';
import { installOwn } from '../own-packages.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const usage = `
npm run mutants -- [options]    changes the decisions of the code one at a time (Stryker) and runs their unit tests

Options go to Stryker, such as --mutate services/sessions/src/domain/session.ts. Exit code 1 below 90 %.`;
if (process.argv.includes('--help')) {
  console.log(usage.trim());
  process.exit();
}
installOwn(here('.'));
const stryker = here('node_modules/@stryker-mutator/core/bin/stryker.js');
const args = [stryker, 'run', here('stryker.config.mjs'), ...process.argv.slice(2)];
const [code] = (await once(spawn(process.execPath, args, { cwd: repository, stdio: 'inherit' }), 'exit')) as [
  number | null,
];
process.exitCode = code ?? 1;
