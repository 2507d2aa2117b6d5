import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Resource } from './kubernetes/test/render.ts';

const repository = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(repository, file), 'utf8');

test('the CI workflow runs .ci/run, where Debian lets it install what is missing, and the compose tests', () => {
  const { jobs } = parse(read('.github/workflows/ci.yml')) as Resource;
  const runs = Object.values(jobs as Resource).flatMap(({ steps }) => steps.map(({ run }: Resource) => run));
  expect(runs.filter(Boolean)).toEqual(['.ci/run', 'npm run test:compose']);
  expect(jobs.tests.container).toMatch(/bookworm$/);
  expect(JSON.parse(read('package.json')).scripts).toHaveProperty('test:compose');
});

test('the dev container stands on a network with PostgreSQL and RabbitMQ of docker-compose.yml', () => {
  const { dockerComposeFile, service, workspaceFolder } = JSON.parse(read('.devcontainer/devcontainer.json'));
  const [whole, own] = dockerComposeFile.map((file: string) => join('.devcontainer', file));
  const { services } = parse(read(whole), { merge: true }) as Resource;
  const workspace = (parse(read(own)) as Resource)['services'][service];
  expect(workspace.volumes).toEqual([expect.stringContaining(`:${workspaceFolder}:`)]);
  for (const server of Object.keys(workspace.depends_on))
    expect(services[server].networks).toEqual(expect.arrayContaining(workspace.networks));
});

test('the README says that there is no licence yet, as package.json does', () => {
  expect(JSON.parse(read('package.json')).license).toBe('UNLICENSED');
  expect(read('README.md')).toContain('has not chosen a licence yet');
  expect(existsSync(join(repository, 'LICENSE'))).toBe(false);
});
