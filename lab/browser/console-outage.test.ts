import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Backing } from '@mentor-sessions/local-stack/backing';
import { startPrivateBacking } from '@mentor-sessions/lab/private-backing';
import { launchChromium, type Browser, type Page } from '@mentor-sessions/lab/chromium';
import type { ConsoleProcess } from '@mentor-sessions/local-stack/system';
import { repository } from '@mentor-sessions/local-stack/launch';
import { people } from '@mentor-sessions/lab/people';
import { acceptedBooking } from '../e2e/bookings.ts';
import { keepEvidence } from '../e2e/evidence.ts';
import { steadyLoad } from '../e2e/load.ts';
import { createWorld, type World } from '../e2e/world.ts';

/** Screenshots for people. */
const screenshots = join(repository, '.local/screenshots');
/** Evidence of a failure; a later run does not overwrite it. */
const evidence = join(repository, '.local/console-outage', new Date().toISOString().replaceAll(':', '-'));

let backing: Backing;
let world: World;
let browser: Browser;
let running: ConsoleProcess;
beforeAll(async () => {
  backing = await startPrivateBacking();
  world = await createWorld(backing);
  await mkdir(evidence, { recursive: true });
  running = await world.startConsole({ logFile: join(evidence, 'console.log') });
  browser = await launchChromium();
  await mkdir(screenshots, { recursive: true });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await world?.close();
  await backing?.stop();
}, 60_000);

const seeOutage = async (page: Page, load: ReturnType<typeof steadyLoad>): Promise<void> => {
  const photograph = (name: string) => page.screenshot({ path: join(screenshots, `outage-${name}.png`) });
  const outbox = page.locator('[data-stage="bookings-outbox"]');
  const late = page.locator('[data-stage="bookings-outbox"].late');
  const isEmpty = (stage: string) =>
    page.locator(`[data-stage="${stage}"] .count`).getByText('0', { exact: true }).waitFor({ timeout: 60_000 });

  await backing.broker.stop();
  await page
    .getByText(/^queues cannot be read/)
    .first()
    .waitFor({ timeout: 30_000 });
  // most of the minute that the alert takes
  await world.rows.bookings.query("update outbox set created_at = created_at - interval '50 s'");
  await late.waitFor({ timeout: 60_000 });
  expect(Number((await outbox.locator('.count').innerText()).replaceAll(/\D/g, ''))).toBeGreaterThan(10);
  await page.getByText('bookings: the outbox does not drain').waitFor();
  await photograph('red');

  await backing.broker.start();
  await load.stop();
  await late.waitFor({ state: 'detached', timeout: 60_000 });
  await photograph('draining');
  for (const stage of ['bookings-outbox', 'to-sessions', 'accepted']) await isEmpty(stage);
  await page.getByText('All is well.').waitFor({ timeout: 60_000 });
  await photograph('well');
};

test('while the broker is down under load the page shows the outbox late, and drained after the broker is back', async () => {
  const roles = await world.startReady('bookings', 'sessions');
  const client = world.client(roles[0]!);
  const load = steadyLoad(2, async () => void (await acceptedBooking(client)));
  const page = await browser.newPage({ viewport: { width: 1_280, height: 900 } });
  await page.goto(`${running.url}#token=${await world.stack.token(people['an operator'])}`);
  await seeOutage(page, load).catch(async (cause: unknown) => {
    await keepEvidence(evidence, { page, roles, broker: backing.broker });
    throw new Error(`${String(cause)}\nwhat was there: ${evidence}`, { cause });
  });
}, 300_000);
