import { join } from 'node:path';
import { chosen, count, readArguments } from '@mentor-sessions/local-stack/arguments';
import { canInstallDebianPackages } from '@mentor-sessions/local-stack/binaries';
import { reportCounts, sumOf, type Counts } from '../../scripts/test-run/counts.ts';
import { runCounted } from '../../scripts/test-run/parts.ts';
import { keepTests, missingFaults, rewritePage, testsOf } from './results.ts';
import { makeRoot, rootOf, suites, type Cell, type Suite } from './suites.ts';

const known = { postgres: suites.map(({ postgres }) => postgres), rabbitmq: suites.map(({ rabbitmq }) => rabbitmq) };
const usage = `
npm run versions -- [options]    integration tests and every fault with each pair of versions of PostgreSQL and RabbitMQ.
                                 Results are added to docs/versions.md; what has a result is not run again

  --postgres <versions>   of ${known.postgres.join(',')}; default: all
  --rabbitmq <versions>   of ${known.rabbitmq.join(',')}; default: all
  --only <what>           tests, or faults such as F6,F11: these alone, whether or not they have a result
  --seed <n>              of the faults; default: 1
  --small                 the newest pair alone, with a small set of faults, and nothing is recorded, as in npm run lab

Exit code 1: a test failed, or an invariant was violated.
`;
const { postgres, rabbitmq, only, seed, small } = readArguments(usage, {
  postgres: { type: 'string' },
  rabbitmq: { type: 'string' },
  only: { type: 'string' },
  seed: { type: 'string', default: '1' },
  small: { type: 'boolean', default: false },
});
const newest = suites.slice(-1);
const suitesWith = (server: 'postgres' | 'rabbitmq', versions: string | undefined): readonly Suite[] => {
  const wanted = chosen(server, versions, known[server]);
  return small ? newest : suites.filter((suite) => wanted?.includes(suite[server]) ?? true);
};
const cells = suitesWith('postgres', postgres).flatMap((database) =>
  suitesWith('rabbitmq', rabbitmq).map((broker): Cell => ({ database, broker })),
);

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs a script of the repository in the root directory of the broker's suite. */
const runIn = ({ database, broker }: Cell, script: readonly string[]): Promise<Counts> => {
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];
  const where = [rootOf(broker), rootOf(database), database.postgres, process.cwd()];
  const command = [join(import.meta.dirname, 'cell.sh'), ...where, process.execPath, ...script];
  return runCounted('unshare', [...namespaces, ...command], { LOCAL_STACK: 'native' });
};

const tests = ['scripts/test.ts', '--integration'];
const faults = (ids: readonly string[]): string[] => ['lab/faults/run.ts', '--seed', seed, '--only', ids.join()];

const runSmall = async (cell: Cell): Promise<Counts[]> => [
  await runIn(cell, tests),
  await runIn(cell, ['lab/faults/run.ts', '--seed', seed, '--quick', '--only', 'F1,F2,F5']),
];

const runCell = async (cell: Cell): Promise<Counts[]> => {
  const asked = only?.split(',');
  const counts: Counts[] = [];
  if (asked?.includes('tests') ?? !(await testsOf(cell))) {
    const counted = await runIn(cell, tests);
    await keepTests(cell, counted);
    await rewritePage();
    counts.push(counted);
  }
  const ids = asked?.filter((id) => id !== 'tests') ?? (await missingFaults(cell, count('seed', seed)));
  if (ids.length > 0) counts.push(await runIn(cell, faults(ids)));
  await rewritePage();
  return counts;
};

const all: Counts[] = [];
const isLeftOut = small && !canInstallDebianPackages();
if (isLeftOut) say('Not tested: other versions of PostgreSQL and RabbitMQ, because they need root on Debian');
for (const cell of isLeftOut ? [] : cells) {
  for (const suite of new Set([cell.broker, cell.database])) await makeRoot(suite, say);
  say(`PostgreSQL ${cell.database.postgres} with RabbitMQ ${cell.broker.rabbitmq}`);
  all.push(...(small ? await runSmall(cell) : await runCell(cell)));
}
reportCounts(sumOf(all));
