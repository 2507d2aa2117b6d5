import { createDatabase, databaseName, loadMigrations, dropDatabases } from '@mentor-sessions/local-stack/databases';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sayBacking, startBackingServices } from '@mentor-sessions/local-stack/backing';
import type { Backing, BackingDescription } from '@mentor-sessions/local-stack/backing';
import { guardOrphan } from '@mentor-sessions/local-stack/orphans';
import { needsManagement } from '@mentor-sessions/local-stack/vhosts';
import { newSigning, publicKeys, type Signing } from '@mentor-sessions/local-stack/tokens';

/** For each service, the name of the migrated template database. */
export type Templates = Readonly<Record<'bookings' | 'sessions', string>>;

const createTemplate = async (adminUrl: string, service: string): Promise<string> => {
  const { adminDatabaseUrl } = await createDatabase(adminUrl, service);
  await (await loadMigrations(service)).migrateUp(adminDatabaseUrl);
  return databaseName(adminDatabaseUrl);
};

export const createTemplates = async (adminUrl: string): Promise<Templates> => {
  const [bookings, sessions] = await Promise.all([
    createTemplate(adminUrl, 'bookings'),
    createTemplate(adminUrl, 'sessions'),
  ]);
  return { bookings, sessions };
};

/** What jest's workers need, passed in an environment variable. */
type TestRun = {
  readonly backing: BackingDescription;
  readonly templates: Templates;
  readonly signing: Signing;
  readonly jwksFile: string;
};

const variable = 'MENTOR_SESSIONS_TEST_RUN';

export const currentTestRun = (): TestRun => {
  const text = process.env[variable];
  if (!text) throw new Error('no test run: integration tests are started with npm run test:integration');
  return JSON.parse(text) as TestRun;
};

const writeKeys = async (signing: Signing): Promise<{ directory: string; jwksFile: string; forget: () => void }> => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-keys-'));
  const forget = guardOrphan({ directory });
  const jwksFile = join(directory, 'jwks.json');
  await writeFile(jwksFile, JSON.stringify(publicKeys(signing)));
  return { directory, jwksFile, forget };
};

/** With servers that the caller started; the returned function ends the run and the servers. */
export const beginTestRun = async (backing: Backing): Promise<() => Promise<void>> => {
  const templates = await createTemplates(backing.postgres.adminUrl);
  const signing = await newSigning();
  const { directory, jwksFile, forget } = await writeKeys(signing);
  const run: TestRun = { backing, templates, signing, jwksFile }; // as JSON it has no controls
  process.env[variable] = JSON.stringify(run);
  return async () => {
    await rm(directory, { recursive: true, force: true });
    forget();
    if (backing.kind === 'external') await dropDatabases(backing.postgres.adminUrl, Object.values(templates));
    await backing.stop();
  };
};

/** Starts one PostgreSQL and one RabbitMQ for the whole run; returns the function that ends them. */
export const startTestRun = async (): Promise<() => Promise<void>> => {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const backing = await startBackingServices({ say });
  say(`Tests run on Node ${process.versions.node} against ${sayBacking(backing)}`);
  try {
    if (!backing.broker.managementUrl) throw new Error(needsManagement);
    return await beginTestRun(backing);
  } catch (error) {
    await backing.stop();
    throw error;
  }
};
