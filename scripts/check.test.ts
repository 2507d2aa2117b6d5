import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSmallHouse } from './check/small-house.ts';
import { innocent, violations } from './check/violations.ts';

const root = join(import.meta.dirname, '..');
const { FORCE_COLOR: _, ...plainEnvironment } = process.env;

describe('the checks, on a small house with one violation of each kind', () => {
  const smallHouse = buildSmallHouse({ ...innocent, ...Object.fromEntries(violations.map((v) => [v.in, v.source])) });
  let code: number | null;
  let output: string;

  beforeAll(() => {
    const check = spawnSync(process.execPath, [join(import.meta.dirname, 'check.ts')], {
      cwd: smallHouse.folder,
      encoding: 'utf8',
      env: { ...plainEnvironment, NO_COLOR: '1' }, // or CI=true colours what the test reads
    });
    code = check.status;
    output = check.stdout + check.stderr;
  });
  afterAll(() => smallHouse.tearDown());

  test('end with a failure', () => expect(code).toBe(1));

  test.each(['lint', 'types', 'arrows', 'dead-code', 'format'])('name %s as failed, with its time', (name) =>
    expect(output).toMatch(new RegExp(`^FAILED {2}check:${name} {2}[0-9.]+ s$`, 'm')),
  );

  test.each(violations)('refuse $of: $rule', (violation) =>
    expect(findings(output, violation.in)).toContainEqual(expect.stringContaining(violation.rule)),
  );

  test.each(Object.keys(innocent))('let %s pass', (path) => expect(findings(output, path)).toEqual([]));
});

describe('the arrows check, on this house', () => {
  const { modules } = cruise();

  test('sees every TypeScript file', () => {
    const files = globSync('{libs,services,ops,scripts,e2e,faults,abuse,bench,examples,deploy}/**/*.ts', {
      cwd: root,
      exclude: ['**/node_modules', '**/generated'],
    });
    expect(files.length).toBeGreaterThan(0);
    expect(modules.map(({ source }) => source)).toEqual(expect.arrayContaining(files));
  });

  test('follows relative imports and the doors of our packages to the file behind them', () => {
    const arrows = modules.flatMap(({ dependencies }) => dependencies);
    const door = '@mentor-sessions/service-kit/errors';
    const relative = arrows.filter(({ module }) => module.startsWith('.') && module.endsWith('.ts'));
    expect(relative.length).toBeGreaterThan(0);
    expect(relative.filter(({ couldNotResolve }) => couldNotResolve).map(({ module }) => module)).toEqual([]);
    expect(arrows.filter(({ module }) => module === door).map(({ resolved }) => resolved)).toContain(
      'libs/service-kit/src/errors.ts',
    );
    const ours = arrows.filter(({ module }) => module.startsWith('@mentor-sessions/'));
    expect(ours.map(({ resolved }) => resolved).filter((path) => !/^(libs|services)\/.*\.ts$/.test(path))).toEqual([]);
  });
});

type Arrow = { readonly module: string; readonly resolved: string; readonly couldNotResolve: boolean };

function cruise(): { modules: { source: string; dependencies: Arrow[] }[] } {
  const rules = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const command = join(root, 'node_modules/.bin/depcruise');
  const places = ['libs', 'services', 'ops', 'scripts', 'e2e', 'faults', 'abuse', 'bench', 'examples', 'deploy'];
  const { stdout } = spawnSync(command, [...rules, ...places], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  return JSON.parse(stdout);
}

/** The lines about a file, each behind the heading it stands under: ESLint's heading is the file, Knip's the rule. */
function findings(output: string, path: string): string[] {
  let heading = '';
  const lines = output.split('\n').map((line) => {
    if (/^(\/.*\.ts|Un\w+ .* \(\d+\))$/.test(line)) heading = line;
    if (line === '') heading = '';
    return line === heading ? '' : `${heading} | ${line}`;
  });
  return lines.filter((line) => line.includes(path) && !line.includes(`→ ${path}`));
}
