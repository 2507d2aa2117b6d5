import type { Backing, BackingDescription } from '@mentor-sessions/local-stack/backing';
import { createStack, type Stack, type StackOptions } from '@mentor-sessions/local-stack/system';
import { createTemplates, currentTestRun, type Templates } from './test-run.ts';

export type TestStack = Stack & { readonly operatorManagementUrl: string };

/** The PostgreSQL and RabbitMQ of the test run, for tests that do not need a stack. */
export const testBacking = (): BackingDescription => currentTestRun().backing;

const templatesOf = new Map<string, Promise<Templates>>();
const templatesIn = (adminUrl: string): Promise<Templates> => {
  const made = templatesOf.get(adminUrl) ?? createTemplates(adminUrl);
  templatesOf.set(adminUrl, made);
  return made;
};

type Given = {
  readonly backing?: Backing;
  /** Of the databases, on servers that no other test uses. */
  readonly names?: StackOptions['names'];
  /** Of the services' own servers. */
  readonly adminUrls?: StackOptions['adminUrls'];
};

/**
 * Databases copied from the migrated templates, and a virtual host, for one test file: on the run's servers, on those of a
 * `backing` that the test started because it stops them, or with a PostgreSQL server for each service.
 */
export const createTestStack = async ({ backing, adminUrls, names }: Given = {}): Promise<TestStack> => {
  const { signing, jwksFile, ...run } = currentTestRun();
  const templates = adminUrls
    ? {
        bookings: (await templatesIn(adminUrls.bookings)).bookings,
        sessions: (await templatesIn(adminUrls.sessions)).sessions,
      }
    : backing
      ? await templatesIn(backing.postgres.adminUrl)
      : run.templates;
  const options = { backing: backing ?? run.backing, adminUrls, signing, jwksFile, templates, names };
  return (await createStack(options)) as TestStack;
};
