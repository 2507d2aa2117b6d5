import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const repository = join(import.meta.dirname, '..');
const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const files = Object.values(scripts).flatMap(
  (script) => /^(?:exec )?node (?:\S+\.mjs )?(?:--dev )?(\S+\.ts)/.exec(script)?.[1] ?? [],
);
const commands = [...new Set(files)];

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };
const run = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: repository }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

test('the scripts of package.json are found', () => {
  expect(commands).toEqual(expect.arrayContaining(['scripts/start.ts', 'scripts/token.ts', 'ops/src/main.ts']));
  expect(commands.length).toBeGreaterThan(10);
});

test.each(commands)('%s --help says how it is used, and does nothing', async (command) => {
  const { code, stdout, stderr } = await run(command, '--help');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^(npm|Usage:) /);
});

// what scripts/test.ts and the mutants do not know goes to jest and to Stryker
const strict = commands.filter((command) => !/^scripts\/test\.ts$|mutants/.test(command));
test.each(strict)('%s refuses an option that it does not know, without a stack trace', async (command) => {
  const { code, stdout, stderr } = await run(command, '--no-such-option');
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/unknown option '--no-such-option'/i);
  expect(stderr.trim().split('\n').length).toBeLessThan(4);
});

test.each([
  ['scripts/token.ts', '--user', 'me'],
  ['scripts/token.ts', '--expires-in', 'soon'],
  ['scripts/token.ts', 'mentor'],
  ['scripts/token.ts', '--user'],
  ['scripts/migrate.ts', '--down', 'all'],
  ['scripts/migrate.ts', '--service', 'reviews'],
  ['lab/bench/run.ts', '--only', 'nothing'],
  ['lab/abuse/run.ts', '--only', 'nothing'],
  ['lab/model/run.ts', '--only', 'nothing'],
  ['lab/faults/run.ts', '--seeds', 'many'],
])('%s %s %s is refused with one sentence', async (...args) => {
  const { code, stderr } = await run(...args.filter(Boolean));
  expect(code).toBe(2);
  expect(stderr).toMatch(/^.+; --help shows what there is\n$/);
});
