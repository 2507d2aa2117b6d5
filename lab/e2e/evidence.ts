import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Broker } from '@mentor-sessions/local-stack/backing';
import type { Page } from '@mentor-sessions/lab/chromium';
import type { RoleProcess } from '@mentor-sessions/local-stack/roles';

type Witnesses = { readonly page: Page; readonly roles: readonly RoleProcess[]; readonly broker: Broker };

const queueColumns = ['name', 'messages_ready', 'messages_unacknowledged', 'consumers', 'state', 'leader'];

const queuesOf = async ({ control }: Broker): Promise<string> => {
  if (!control) return 'an external broker: cannot be asked';
  const vhosts = (await control(['list_vhosts'])).split('\n').filter(Boolean);
  const lists = vhosts.map((vhost) => control(['list_queues', '-p', vhost, ...queueColumns]));
  return (await Promise.all(lists)).join('\n');
};

/** Records the state of page, processes and broker: a rare failure may not happen again soon. */
export const keepEvidence = async (folder: string, { page, roles, broker }: Witnesses): Promise<void> => {
  const keep = async (name: string, read: () => Promise<string>): Promise<void> =>
    writeFile(join(folder, name), await read().catch(String));
  await page.screenshot({ path: join(folder, 'page.png') }).catch(() => undefined);
  await keep('page.txt', () => page.locator('body').innerText());
  await keep('queues.txt', () => queuesOf(broker));
  for (const { pid, adminUrl, log } of roles) {
    await keep(`${pid}.log`, async () => log());
    await keep(`${pid}.metrics`, async () => (await fetch(`${adminUrl}/metrics`)).text());
  }
};
