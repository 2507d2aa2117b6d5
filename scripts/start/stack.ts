import { sayBacking } from '@mentor-sessions/local-stack/backing';
import type { Backing } from '@mentor-sessions/local-stack/backing';
import { startBackingServices } from '@mentor-sessions/local-stack/backing-services';
import type { ServiceDatabase } from '@mentor-sessions/local-stack/databases';
import { loadMigrations } from '@mentor-sessions/local-stack/migrations';
import type { Closing } from './closing.ts';
import { startConsole } from './console.ts';
import { prepareLogs } from './logs.ts';
import { createDatabases } from './databases.ts';
import { holdApiPorts } from './api-ports.ts';
import { readSigning } from './signing.ts';
import { startReviews } from './reviews.ts';
import { startRoles } from './roles.ts';
import type { RunningStack, Service } from './running-stack.ts';
import { openVhost } from './vhost.ts';

const migrate = async (databases: Readonly<Record<Service, ServiceDatabase>>): Promise<void> => {
  for (const [service, { adminDatabaseUrl }] of Object.entries(databases)) {
    await (await loadMigrations(service)).migrateUp(adminDatabaseUrl);
  }
};

const startBacking = async (closing: Closing): Promise<Backing> => {
  const backing = await startBackingServices({ say: console.log });
  closing.add('the backing services', () => backing.stop());
  console.log(`Backing services: ${sayBacking(backing)}`);
  return backing;
};

/** Everything up and ready; what it started is in `closing`. */
export const startStack = async (closing: Closing): Promise<RunningStack> => {
  const ports = await holdApiPorts();
  await prepareLogs();
  const { signing, jwksFile } = await readSigning();
  const backing = await startBacking(closing);
  const databases = await createDatabases(backing, closing);
  const vhost = await openVhost(backing, closing);
  await migrate(databases);
  console.log('Databases, roles and migrations are there.');
  const auth = { issuer: signing.issuer, audience: signing.audience, jwksFile };
  const parts = {
    databases,
    amqpUrls: vhost.amqpUrls,
    amqpUrl: vhost.amqpUrl,
    operatorAmqpUrl: vhost.operatorAmqpUrl,
    operatorManagementUrl: vhost.operatorManagementUrl,
    signing,
  };
  const roles = await startRoles({ ...parts, auth, ports }, closing);
  const sender = decodeURIComponent(new URL(vhost.amqpUrls.sessions).username);
  const reviews = await startReviews({ backing, amqpUrl: vhost.reviewsAmqpUrl, sender }, closing);
  const consoleUrl = await startConsole({ ...parts, auth }, closing);
  return { ...parts, roles, reviews, consoleUrl };
};
