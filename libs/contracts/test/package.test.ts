import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { repository } from '@mentor-sessions/local-stack/launch';
import { packInstalled, packLibrary } from '@mentor-sessions/lab/packed';

const run = promisify(execFile);

const program = `import { envelope, sessionCompleted, type SessionCompleted } from '@mentor-sessions/contracts';
import fixture from '@mentor-sessions/contracts/fixtures/session.completed.v1.json' with { type: 'json' };
import schema from '@mentor-sessions/contracts/schemas/session.completed.v1.json' with { type: 'json' };
import asyncapi from '@mentor-sessions/contracts/asyncapi.json' with { type: 'json' };

const { data, dataschema } = envelope.parse(fixture);
const completed: SessionCompleted = sessionCompleted.data.parse(data);
const bad = sessionCompleted.data.safeParse({ ...completed, completedAt: 'yesterday' });
console.log(JSON.stringify([dataschema === schema.$id, completed.completedBy, bad.success, asyncapi.asyncapi]));
`;
const wrong = `import { sessionCompleted } from '@mentor-sessions/contracts';

const { completedAt } = sessionCompleted.data.parse({});
export const at: number = completedAt;
`;
const tsconfig = {
  compilerOptions: { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, types: [], skipLibCheck: false },
  include: ['program.ts'],
};

let folder: string;
let project: string;
const inProject = (file: string, ...args: string[]) => run(file, args, { cwd: project, timeout: 60_000 });
const typeCheck = (): Promise<unknown> =>
  inProject(process.execPath, join(repository, 'node_modules/typescript/bin/tsc'), '-p', '.');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mentor-sessions-packed-'));
  project = join(folder, 'stranger');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(tsconfig));
  await writeFile(join(project, 'program.ts'), program);
  const zod = await packInstalled({ library: 'zod', folder });
  const contracts = await packLibrary({ library: 'contracts', folder });
  await inProject('npm', 'install', '--offline', '--no-audit', '--no-fund', contracts, zod);
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('installs with zod as its only dependency', async () => {
  const { stdout } = await inProject('npm', 'ls', '--all', '--parseable');
  const installed = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((path) => path.slice(path.lastIndexOf('node_modules/') + 13));
  expect(installed.toSorted()).toEqual(['@mentor-sessions/contracts', 'zod']);
});

test('accepts a valid message and rejects an invalid one, as plain JavaScript', async () => {
  const { stdout } = await inProject(process.execPath, '--disable-warning=ExperimentalWarning', 'program.ts');
  const { completedBy } = JSON.parse(
    await readFile(new URL('../fixtures/session.completed.v1.json', import.meta.url), 'utf8'),
  ).data;
  expect(JSON.parse(stdout)).toEqual([true, completedBy, false, '3.0.0']);
});

test('type-checks, and rejects wrong usage', async () => {
  await typeCheck();
  await writeFile(join(project, 'program.ts'), wrong);
  await expect(typeCheck()).rejects.toMatchObject({ stdout: expect.stringContaining('TS2322') });
});

test('contains every schema and fixture', async () => {
  const { stdout } = await run('tar', ['tzf', join(folder, 'mentor-sessions-contracts-0.1.0.tgz')]);
  const files = stdout.split('\n');
  const pairs = ['booking.accepted', 'session.scheduled', 'session.started', 'session.completed'].flatMap((type) => [
    `package/schemas/${type}.v1.json`,
    `package/fixtures/${type}.v1.json`,
  ]);
  expect(files).toEqual(
    expect.arrayContaining([...pairs, 'package/asyncapi.json', 'package/messages.html', 'package/README.md']),
  );
  expect(files.filter((file) => /[.]test[.]|\/(src|tools|test)\//.test(file))).toEqual([]);
});
