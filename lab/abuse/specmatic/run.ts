/** `npm run specmatic`: contract tests by an independent tool, generated from each service's /openapi.json, positive and negative. */
import { readdir, readFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readArguments } from '@mentor-sessions/local-stack/arguments';
import { repository } from '@mentor-sessions/local-stack/launch';
import { people } from '@mentor-sessions/lab/people';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { startTestRun } from '@mentor-sessions/lab/test-run';
import { createWorld } from '../../e2e/world.ts';
import { installOwn } from '../own-packages.ts';
import { writeExamples, type Service, type Tokens } from './examples.ts';
import { freshIds, insertFreshThings } from './fresh.ts';

export type Report = { readonly tests: number; readonly failed: readonly string[] };

const textOf = (xml: string): string =>
  xml
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');

/** Counts of a folder of JUnit reports, and each failed test with the first lines of its reason. */
const readJunit = async (folder: string): Promise<Report> => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.xml'));
  const cases = (await Promise.all(files.map((name) => readFile(`${folder}/${name}`, 'utf8')))).flatMap((xml) => [
    ...xml.matchAll(/<testcase [^>]*?name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g),
  ]);
  const failed = cases.filter(([, , body = '']) => /<(failure|error)\b/.test(body));
  return {
    tests: cases.length,
    failed: failed.map(([, name = '', body = '']) => {
      const why = textOf(/<(?:failure|error)[^>]*?message="([^"]*)"/.exec(body)?.[1] ?? body);
      return `${textOf(name).split('contractTest() > ').at(-1)}: ${why.replaceAll(/\s+/g, ' ').slice(0, 400)}`;
    }),
  };
};

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = `${repository}.local/specmatic`;
const services: readonly Service[] = ['bookings', 'sessions'];

const runJava = async (args: readonly string[], log: string): Promise<void> => {
  const jar = here('node_modules/specmatic/specmatic.jar');
  const java = spawn('java', ['-DSPECMATIC_GENERATIVE_TESTS=true', '-jar', jar, ...args], { cwd: folder });
  const output = createWriteStream(log);
  for (const stream of [java.stdout, java.stderr]) stream.pipe(output, { end: false });
  const [failed] = await Promise.race([once(java, 'error'), once(java, 'close')]);
  output.end();
  if (failed instanceof Error)
    throw new Error('specmatic needs Java 17 or later: apt-get install openjdk-17-jre-headless', { cause: failed });
};

const cursorOf = async (service: Service, url: string, { mentee }: Tokens): Promise<string> => {
  const answer = await fetch(`${url}/${service}?limit=1`, { headers: { authorization: `Bearer ${mentee}` } });
  return ((await answer.json()) as { nextCursor: string }).nextCursor;
};

const testService = async (service: Service, url: string, tokens: Tokens): Promise<Report> => {
  const document = `${folder}/${service}.json`;
  await writeFile(document, await (await fetch(`${url}/openapi.json`)).text());
  const cursor = await cursorOf(service, url, tokens);
  await writeExamples(service, { tokens, cursor }, `${folder}/${service}-examples`);
  const reports = `${folder}/${service}-reports`;
  const options = [`--testBaseURL=${url}`, `--examples=${service}-examples`, `--junitReportDir=${reports}`];
  await runJava(['test', document, ...options, '--timeout=20'], `${folder}/${service}.log`);
  return readJunit(reports);
};

readArguments(
  `npm run specmatic    contract tests from each service's /openapi.json, positive and negative; needs Java 17`,
  {},
);
installOwn(here('.'));
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const endTestRun = await startTestRun();
const world = await createWorld();
try {
  const clients = [
    await connected(world.stack.bookings.databaseUrl),
    await connected(world.stack.sessions.databaseUrl),
  ] as const;
  const next = await insertFreshThings(...clients);
  for (const client of clients) await client.end();
  const tokens = {
    mentor: await world.stack.token({ ...people['its mentor'], expiresIn: '2h' }),
    mentee: await world.stack.token({ ...people['its mentee'], expiresIn: '2h' }),
  };
  const apis = await world.startReady('bookings api', 'sessions api');
  for (const [n, service] of services.entries()) {
    const { url, close } = await freshIds(apis[n]?.url ?? '', next);
    const { tests, failed } = await testService(service, url, tokens);
    close();
    console.log(`${service}: ${tests} tests, ${failed.length} failed`);
    for (const one of failed) console.log(`  ${one}`);
    if (failed.length > 0 || tests === 0) process.exitCode = 1;
  }
} finally {
  await world.close();
  await endTestRun();
}
