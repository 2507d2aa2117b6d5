import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readArguments } from '@mentor-sessions/local-stack/arguments';

readArguments(`npm run check    runs every check:… of package.json, two at a time; exit code 1 if one fails`, {});

type Outcome = { readonly passed: boolean; readonly output: string };

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
const waiting = Object.keys(scripts).filter((name) => name.startsWith('check:'));

const run = (name: string): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const check = spawn(process.execPath, ['--run', name], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [check.stdout, check.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    check.on('error', reject);
    check.on('close', (code) => resolve({ passed: code === 0, output }));
  });

async function takeTurns(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const began = performance.now();
    const { passed, output } = await run(name);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${passed ? 'passed' : 'FAILED'}  ${name}  ${seconds} s`);
    if (passed) continue;
    console.log(output);
    process.exitCode = 1;
  }
}

await Promise.all([takeTurns(), takeTurns()]);
