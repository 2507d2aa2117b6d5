import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { readArguments } from '@mentor-sessions/local-stack/arguments';

readArguments(`npm run check    runs every check:… of package.json, two at a time; exit code 1 if one fails`, {});

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
const waiting = Object.keys(scripts).filter((name) => name.startsWith('check:'));

/** What a check printed if it failed. */
const run = (name: string): Promise<string | undefined> =>
  promisify(execFile)(process.execPath, ['--run', name], { maxBuffer: Infinity }).then(
    () => undefined,
    ({ message, stdout, stderr }: { message: string; stdout?: string; stderr?: string }) =>
      [stdout, stderr].join('') || message,
  );

async function takeTurns(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const began = performance.now();
    const complaints = await run(name);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${complaints === undefined ? 'passed' : 'FAILED'}  ${name}  ${seconds} s`);
    if (complaints === undefined) continue;
    console.log(complaints);
    process.exitCode = 1;
  }
}

await Promise.all([takeTurns(), takeTurns()]);
