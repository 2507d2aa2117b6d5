/** `npm run generators`: the usual tools on openapi.json, asyncapi.json and the JSON Schemas: linters report nothing; generated code and the NestJS recipe type-check. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readArguments } from '@mentor-sessions/local-stack/arguments';
import { repository } from '@mentor-sessions/local-stack/launch';
import { codeBlocks } from '@mentor-sessions/lab/code-blocks';
import { reportCounts } from '../../scripts/test-run/counts.ts';
import { installOwn } from '../abuse/own-packages.ts';
import { calls } from './calls.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = `${repository}.local/generators`;

const run = (program: string, ...args: string[]): string =>
  execFileSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const own = (program: string, ...args: string[]): string => run(here(`node_modules/.bin/${program}`), ...args);
const ofRoot = (program: string, ...args: string[]): string =>
  run(`${repository}node_modules/.bin/${program}`, ...args);

const tsconfig = {
  compilerOptions: {
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'es2024',
    lib: ['es2024', 'dom', 'dom.iterable'],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    allowImportingTsExtensions: true,
  },
  include: ['*.ts', 'openapi-typescript', 'hey-api', 'orval', 'modelina', 'quicktype'],
};

readArguments(
  'npm run generators    lints openapi.json and asyncapi.json, and type-checks what generators make of them',
  {},
);

installOwn(here('.'));
rmSync(folder, { recursive: true, force: true });
for (const one of ['openapi-typescript', 'modelina', 'quicktype', 'nestjs'])
  mkdirSync(`${folder}/${one}`, { recursive: true });
symlinkSync(`${repository}node_modules`, `${folder}/node_modules`);
writeFileSync(`${folder}/.spectral.json`, '{ "extends": ["spectral:oas", "spectral:asyncapi"] }');
writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(tsconfig));
for (const [name, text] of Object.entries(calls)) writeFileSync(`${folder}/calls-${name}.ts`, text);

let passed = 0;
const failed: string[] = [];
const step = (name: string, what: () => void): void => {
  try {
    what();
    passed += 1;
    console.log(`passed  ${name}`);
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    console.log(`FAILED  ${name}\n${stdout}${stderr || message}`);
    failed.push(name);
  }
};

for (const service of ['bookings', 'sessions']) {
  const document = `${repository}services/${service}/openapi.json`;
  step(`${service}: Spectral`, () => own('spectral', 'lint', document, '--fail-severity=hint'));
  step(`${service}: Redocly`, () => {
    const report = own('redocly', 'lint', document, '--extends=recommended', '--format=json');
    const { totals } = JSON.parse(report) as { totals: { errors: number; warnings: number } };
    if (totals.errors + totals.warnings > 0) throw new Error(report);
  });
  const types = `openapi-typescript/${service}.ts`;
  step(`${service}: openapi-typescript`, () =>
    ofRoot('openapi-typescript', document, '--default-non-nullable=false', '-o', types),
  );
  step(`${service}: hey-api`, () => own('openapi-ts', '-i', document, '-o', `hey-api/${service}`));
  step(`${service}: orval`, () =>
    own('orval', '--input', document, '--output', `orval/${service}.ts`, '--client', 'fetch'),
  );
}
const contracts = `${repository}libs/contracts`;
step('messages: Spectral', () => own('spectral', 'lint', `${contracts}/asyncapi.json`, '--fail-severity=warn'));
step("messages: AsyncAPI's parser and Modelina", () =>
  run(here('models.mjs'), `${contracts}/asyncapi.json`, `${folder}/modelina`),
);
step('messages: quicktype', () => {
  for (const file of readdirSync(`${contracts}/schemas`)) {
    const name = file.replace(/\.json$/, '');
    const options = ['--src-lang', 'schema', '--lang', 'typescript', '--just-types', '--top-level', 'Message'];
    own('quicktype', ...options, '--out', `quicktype/${name}.ts`, `${contracts}/schemas/${file}`);
  }
});
/** Compiles the recipe of the guide for event consumers as a NestJS project does. */
const nestConfig = {
  extends: `${repository}tsconfig.base.json`,
  compilerOptions: {
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    paths: { '@nestjs/common': [here('node_modules/@nestjs/common/index.d.ts')] },
  },
};
step('messages: the NestJS recipe', () => {
  const guide = readFileSync(`${repository}docs/for-event-consumers.md`, 'utf8');
  const recipe = codeBlocks(guide, 'ts').find((block) => block.includes('@nestjs'));
  if (!recipe) throw new Error('the guide has no recipe for NestJS');
  writeFileSync(`${folder}/nestjs/completed-sessions.ts`, recipe);
  writeFileSync(`${folder}/nestjs/tsconfig.json`, JSON.stringify(nestConfig));
  ofRoot('tsc', '-p', 'nestjs');
});
step('what they made and the documented calls type-check', () => ofRoot('tsc', '-p', '.'));
reportCounts({ passed, failed: failed.length });
