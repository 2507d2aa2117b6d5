/** One-shot: creates the vhost, a user for each service and one for operators, and writes each URL to a volume that only its user mounts. */
import { createManagement, ensureServiceUsers } from '@mentor-sessions/local-stack/vhosts';
import { keepSecret, urlWithPassword } from './secrets.ts';

const managementUrl = urlWithPassword('RABBITMQ_MANAGEMENT_URL', 'RABBITMQ_PASSWORD');
const { username, password } = new URL(managementUrl);
const nodes = await createManagement(managementUrl).get<{ name: string }[]>('nodes');
// rabbit@rabbitmq-2 is reached at rabbitmq-2
const amqpUrl = nodes
  .map(({ name }) => `amqp://${username}:${password}@${name.split('@')[1]}:5672`)
  .toSorted()
  .join(',');

const { urls, operatorManagementUrl } = await ensureServiceUsers(
  { amqpUrl, managementUrl },
  { vhost: 'mentor-sessions' },
);
for (const [user, url] of Object.entries(urls)) await keepSecret(`${user}/amqp-url`, url);
await keepSecret('operator/management-url', operatorManagementUrl);
console.log(`users ${Object.keys(urls).join(', ')} exist on ${nodes.length} node(s)`);
