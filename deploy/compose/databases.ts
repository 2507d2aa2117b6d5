/** One-shot: creates both services' databases and roles, and writes each URL to a volume that only its users mount. */
import { createDatabase } from '@mentor-sessions/local-stack/databases';
import { keepSecret, urlWithPassword } from './secrets.ts';

const adminUrl = urlWithPassword('POSTGRES_URL', 'POSTGRES_PASSWORD');

for (const service of ['bookings', 'sessions']) {
  const made = await createDatabase(adminUrl, service, { name: service, mayExist: true });
  const { databaseUrl, adminDatabaseUrl, operatorDatabaseUrl, retentionDatabaseUrl } = made;
  await keepSecret(`${service}/database-url`, databaseUrl);
  await keepSecret(`owner/${service}-database-url`, adminDatabaseUrl);
  await keepSecret(`retention/${service}-database-url`, retentionDatabaseUrl);
  await keepSecret(`operator/${service}-database-url`, operatorDatabaseUrl);
  console.log(`${service}: database and roles exist`);
}
