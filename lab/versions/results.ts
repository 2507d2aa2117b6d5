import { readFile, writeFile } from 'node:fs/promises';
import { writeGeneratedPart } from '@mentor-sessions/lab/generated-part';
import { catalogue } from '../faults/catalogue.ts';
import { readResults, type Result } from '../faults/report.ts';
import type { Counts } from '../../scripts/test-run/counts.ts';
import { suites, type Cell } from './suites.ts';

const file = new URL('../../docs/versions/tests.json', import.meta.url);
const page = new URL('../../docs/versions.md', import.meta.url);

type Tests = { readonly postgres: string; readonly rabbitmq: string; readonly passed: number; readonly failed: number };

const readTests = async (): Promise<Tests[]> => JSON.parse(await readFile(file, 'utf8')) as Tests[];
const isOf = ({ database, broker }: Cell, { postgres, rabbitmq }: Tests): boolean =>
  postgres === database.postgres && rabbitmq === broker.rabbitmq;

/** The integration tests of a cell, if they were run. */
export const testsOf = async (cell: Cell): Promise<Tests | undefined> =>
  (await readTests()).find((tests) => isOf(cell, tests));

export const keepTests = async (cell: Cell, { passed, failed }: Counts): Promise<void> => {
  const others = (await readTests()).filter((tests) => !isOf(cell, tests));
  const tests = { postgres: cell.database.postgres, rabbitmq: cell.broker.rabbitmq, passed, failed };
  await writeFile(file, `${JSON.stringify([...others, tests], null, 2)}\n`);
};

/** Faults note the versions that they ran with, such as `PostgreSQL 15.18 and RabbitMQ 3.10.8, native`. */
const faultsOf = ({ database, broker }: Cell, results: readonly Result[]): Result[] =>
  results.filter(
    ({ servers }) =>
      servers.startsWith(`PostgreSQL ${database.postgres}.`) && servers.includes(` RabbitMQ ${broker.rabbitmq}.`),
  );

/** Faults of the catalogue without a result in a cell with this seed. */
export const missingFaults = async (cell: Cell, seed: number): Promise<string[]> => {
  const there = new Set(
    faultsOf(cell, await readResults())
      .filter((run) => run.seed === seed)
      .map(({ fault }) => fault),
  );
  return catalogue.filter(({ id, isAboutVersions }) => !isAboutVersions && !there.has(id)).map(({ id }) => id);
};

const say = async (cell: Cell, results: readonly Result[]): Promise<string> => {
  const tests = await testsOf(cell);
  const runs = faultsOf(cell, results);
  const held = runs.filter(({ violations }) => violations === 0).length;
  const ofTests = tests && `tests: ${tests.passed}/${tests.passed + tests.failed}`;
  const ofFaults = runs.length > 0 && `faults: ${held}/${runs.length}`;
  return [ofTests, ofFaults].filter(Boolean).join(', ') || 'not run yet';
};

/** Updates the table of docs/versions.md: integration tests that passed, and runs of faults without a violation. */
export const rewritePage = async (): Promise<void> => {
  const results = await readResults();
  const rows = suites.map(async (database) => {
    const cells = suites.map((broker) => say({ database, broker }, results));
    return `| PostgreSQL ${database.postgres} | ${(await Promise.all(cells)).join(' | ')} |`;
  });
  const head = [`| | ${suites.map(({ rabbitmq }) => `RabbitMQ ${rabbitmq}`).join(' | ')} |`, '|---|---|---|---|'];
  const table = [...head, ...(await Promise.all(rows))].join('\n');
  await writeGeneratedPart(page, 'npm run versions', table);
};
