import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { axeViolations } from '@mentor-sessions/lab/axe';
import { launchChromium, type Browser, type Page } from '@mentor-sessions/lab/chromium';
import type { ConsoleProcess } from '@mentor-sessions/local-stack/system';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { repository } from '@mentor-sessions/local-stack/launch';
import { people } from '@mentor-sessions/lab/people';
import { aMessage } from '../e2e/a-message.ts';
import { acceptedBooking, mentor } from '../e2e/bookings.ts';
import { openWire } from '../e2e/wire.ts';
import { createWorld, type World } from '../e2e/world.ts';

let world: World;
let page: Page;
let browser: Browser;
let running: ConsoleProcess;
let api: ReturnType<World['client']>;
let sessionsApi: ReturnType<World['client']>;
/** Errors of the page, and its requests to other hosts. */
const complaints: string[] = [];

const open = async (token?: string, viewport = { width: 1_280, height: 900 }): Promise<Page> => {
  const opened = await browser.newPage({ viewport });
  opened.on('console', (said) => said.type() === 'error' && complaints.push(said.text()));
  opened.on('pageerror', (error) => complaints.push(String(error)));
  opened.on('request', (request) => {
    if (!request.url().startsWith(running.url) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  await opened.goto(running.url + (token ? `#token=${token}` : ''));
  return opened;
};

beforeAll(async () => {
  world = await createWorld();
  const [bookings, sessions] = await world.startReady('bookings', 'sessions');
  [api, sessionsApi] = [world.client(bookings!), world.client(sessions!)];
  running = await world.startConsole();
  browser = await launchChromium();
  page = await open(await world.stack.token(people['an operator']));
}, 120_000);
afterAll(async () => {
  await browser.close();
  await world.close();
}, 60_000);

/** The database refuses this one only: if it refused all, it would count as unavailable, and messages would wait. */
const refusedBooking = async () => {
  const listingId = randomUUID();
  const refuse = `alter table accepted_bookings add constraint broken check (listing_id <> '${listingId}') not valid`;
  await world.rows.sessions.query(refuse);
  return acceptedBooking(api, { listingId });
};

const groups = () => page.getByRole('table', { name: 'Groups of dead letters' }).locator('tbody tr');
const count = (stage: string) => page.locator(`[data-stage="${stage}"] .count`).innerText();
const sessionIsThere = (id: string) => async () =>
  (await sessionsApi('GET', `/sessions/${id}`, { as: mentor })).status === 200;
const view = (fragment: string) => page.evaluate(`location.hash = ${JSON.stringify(fragment)}`);
/** Fills the dialog that asks for the reason. */
const because = async (reason: string, on = page): Promise<void> => {
  await on.getByLabel('Why?').fill(reason);
  await on.keyboard.press('Enter');
};
const publish = async (...bodies: readonly unknown[]): Promise<void> => {
  const wire = await openWire(world.stack.amqpUrl);
  for (const body of bodies) await wire.publish(body);
  await wire.close();
};
const discardAll = async (): Promise<void> => {
  const discard = "update dead_letters set resolved_at = now(), resolution = 'discarded' where resolved_at is null";
  await Promise.all([world.rows.bookings.query(discard), world.rows.sessions.query(discard)]);
  await page.getByText('None: every message was handled.').waitFor();
};
/** Ends before start: the message violates its schema. */
const backwards = () => aMessage({ start: '2039-02-01T11:00:00.000Z', end: '2039-02-01T10:00:00.000Z' });

test('the strip shows each stage from the acceptance to the last event of the session', async () => {
  await page.getByText('live', { exact: true }).waitFor();
  const { sessionId } = await acceptedBooking(api);
  await eventually(sessionIsThere(sessionId));
  await page.locator('[data-stage]').nth(7).waitFor();
  expect(await page.locator('.strip .name').allInnerTexts()).toEqual([
    'accepted, session not known yet',
    'bookings outbox',
    'sessions.booking-accepted',
    'sessions scheduled',
    'sessions in progress',
    'sessions completed',
    'sessions outbox',
    'bookings.session-events',
  ]);
  await eventually(async () => (await count('scheduled')) === '1', { within: 20_000, describe: 'it is counted' });
}, 40_000);

test('a dead letter appears, is replayed after the cause is fixed, and the flow continues', async () => {
  const { id, sessionId } = await refusedBooking();
  await groups().filter({ hasText: 'handler-failed' }).waitFor({ timeout: 30_000 });
  expect(await groups().locator('td.number').innerText()).toBe('1');
  await groups().getByRole('link', { name: 'Show sessions handler-failed' }).click();
  await page.getByRole('table', { name: 'Dead letters of the group' }).getByRole('link').click();
  await page.getByLabel('Body').filter({ hasText: id }).waitFor();
  await page
    .getByText(/violates check constraint "broken"/)
    .first()
    .waitFor();

  await page.getByRole('button', { name: 'Replay sessions handler-failed' }).click();
  await because('to see it fail again');
  await page.getByText('Replay of 1 dead letter: 1 failed again.').waitFor();
  await page.getByText(/^1 time: handler-failed: .*violates check constraint "broken"/).waitFor();

  await page.getByRole('link', { name: 'Overview' }).click();
  await groups().getByText('1 failed again').waitFor();
  await world.rows.sessions.query('alter table accepted_bookings drop constraint broken');
  await groups().getByRole('button', { name: 'Replay sessions handler-failed' }).click();
  await page.getByRole('heading', { name: 'Replay 1 dead letter?' }).waitFor();
  await because('the constraint is gone');
  await page.getByText('Replay: 1 dead letter.').waitFor();
  await page.getByText('Replay of 1 dead letter: 1 replayed.').waitFor();
  await eventually(sessionIsThere(sessionId), { within: 20_000, describe: 'the session of the replayed message' });
  await page.getByText('None: every message was handled.').waitFor();

  const next = await acceptedBooking(api);
  await eventually(sessionIsThere(next.sessionId), { describe: 'the flow goes on' });

  await page.getByLabel('Booking or session').fill(id);
  await page.keyboard.press('Enter');
  const steps = page.getByRole('table', { name: 'What happened' });
  await steps.waitFor();
  const shown = await steps.innerText();
  for (const step of ['draft → accepted', 'event published', 'dead letter', 'replayed', 'scheduled'])
    expect(shown).toContain(step);

  // the URL of a view survives a reload, and shows another operator the same view
  const address = page.url();
  await page.reload();
  await steps.waitFor();
  const pasted = await open();
  await pasted.goto(address);
  await pasted.getByLabel('Operator token').fill(await world.stack.token(people['an operator']));
  await pasted.getByRole('button', { name: 'Sign in' }).click();
  await pasted.getByRole('table', { name: 'What happened' }).waitFor();
  await pasted.close();
  await steps
    .getByRole('row', { name: /dead letter handler-failed/ })
    .getByRole('link')
    .first()
    .click();
  await page.getByText('replayed: by').waitFor();
  await page.getByRole('link', { name: id }).click();
  await steps.waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
}, 90_000);

test('text from a sender is escaped, and reverses no line', async () => {
  const wire = await openWire(world.stack.amqpUrl);
  await wire.publish(Buffer.from('{'), { messageId: 'a\u202eb\u200b', type: '\u001b[2J<b>\u2066' });
  await wire.close();
  await groups().filter({ hasText: 'malformed' }).waitFor({ timeout: 30_000 });
  await groups().getByRole('link', { name: 'Show' }).click();
  await page.getByText('a\\u{202e}b\\u{200b}', { exact: true }).waitFor();
  await page.getByText('\\u{1b}[2J<b>\\u{2066}', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await groups().getByRole('button', { name: 'Discard' }).click();
  await because('it was a test');
  await page.getByText('None: every message was handled.').waitFor();
}, 60_000);

test('discarding asks for confirmation, and the row stays', async () => {
  await refusedBooking();
  await groups().filter({ hasText: 'handler-failed' }).waitFor({ timeout: 30_000 });
  await groups().getByRole('button', { name: 'Discard' }).click();
  await page.keyboard.press('Escape');
  expect(await groups().count()).toBe(1);
  await groups().getByRole('button', { name: 'Discard' }).click();
  await page.getByLabel('Why?').fill('it was a test');
  await page.getByRole('button', { name: 'Discard 1', exact: true }).click();
  await page.getByText('None: every message was handled.').waitFor();
  await world.rows.sessions.query('alter table accepted_bookings drop constraint broken');
  const kept = await world.rows.sessions.query(
    "select resolution, resolution_note from dead_letters where resolution = 'discarded' and reason = 'handler-failed'",
  );
  expect(kept).toEqual([{ resolution: 'discarded', resolution_note: 'it was a test' }]);
}, 60_000);

test('a worker is paused and resumed', async () => {
  const worker = page.getByRole('table', { name: 'Workers' }).locator('tbody tr').filter({ hasText: 'sessions' });
  for (const [verb, next] of [
    ['Pause', 'Resume'],
    ['Resume', 'Pause'],
  ] as const) {
    await worker.getByRole('button', { name: verb }).click();
    await because('to see it');
    await worker.getByRole('button', { name: next }).waitFor();
  }
}, 40_000);

test('dead letters are filtered, paged, and chosen one by one', async () => {
  await publish(...Array.from({ length: 52 }, () => ({ ...aMessage(), type: 'review.written' })), backwards());
  await groups().filter({ hasText: 'unknown-type' }).getByText('52', { exact: true }).waitFor({ timeout: 30_000 });
  await groups().getByText('end: must be after start', { exact: true }).waitFor();
  expect(await page.locator('.problems li').allInnerTexts()).toEqual([
    'sessions: 52 dead letters, unknown-type',
    'sessions: 1 dead letter, schema-violation',
  ]);

  await page.getByRole('link', { name: 'sessions: 1 dead letter, schema-violation' }).click();
  await page.getByText('unknown-type', { exact: true }).waitFor({ state: 'detached' });
  expect(await groups().count()).toBe(1);
  expect(await page.getByLabel('Filter').inputValue()).toBe('sessions schema-violation');
  await page.reload();
  await groups().first().waitFor();
  expect(await groups().count()).toBe(1);
  await page.getByLabel('Filter').fill('review.written');
  await groups().getByRole('link', { name: 'Show sessions unknown-type' }).click();

  const letters = page.getByRole('table', { name: 'Dead letters of the group' }).locator('tbody tr');
  await letters.nth(49).waitFor();
  await page.getByRole('link', { name: 'Next' }).click();
  await page.getByText('page 2 of 2').waitFor();
  expect(await letters.count()).toBe(2);
  await letters.getByRole('checkbox').first().check();
  await page.getByRole('button', { name: 'Discard chosen' }).click();
  await because('it was a test');
  await page.getByRole('button', { name: 'Discard all 51' }).waitFor();
  expect(await letters.count()).toBe(1);
  await page.getByRole('link', { name: 'Overview' }).click();
  await discardAll();
}, 90_000);

test('parked events are unparked, events resent, and all of it is on record with a name', async () => {
  const named = await world.stack.token({ ...people['an operator'], name: 'Olga Operator' });
  const hers = await open(named);
  const event = aMessage();
  await world.rows.bookings.query(
    `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope, parked_at, last_error)
      values ($1, $2, 2, 'booking.accepted', 0, $3, now(), 'larger than 1 bytes')`,
    [event.id, event.subject, JSON.stringify(event)],
  );
  await hers.getByRole('link', { name: 'bookings: 1 parked in the outbox' }).click();
  await hers.getByText('larger than 1 bytes').waitFor();
  await hers.getByRole('button', { name: `Unpark bookings booking.accepted ${event.id}` }).click();
  await because('the limit is higher', hers);
  await hers.getByText('Unpark: 1 of 1 event.').waitFor();

  await hers.getByRole('link', { name: 'Resend' }).click();
  await hers.getByLabel('Type').selectOption('booking.accepted');
  await hers.getByLabel('Published since').fill('2026-01-01T00:00:00');
  await hers.getByLabel('Queue').fill('no.queue');
  await hers.getByRole('button', { name: 'Count and send' }).click();
  await hers.getByText('There is no queue no.queue.').waitFor();
  expect(complaints.splice(0)).toEqual([expect.stringContaining('409')]);
  await hers.getByLabel('Queue').fill('sessions.booking-accepted');
  await hers.getByRole('button', { name: 'Count and send' }).click();
  await because('the queue was purged', hers);
  await hers.getByText(/^(\d+) of \1 events? sent to sessions.booking-accepted\.$/).waitFor();

  await hers.getByRole('link', { name: 'Reconcile' }).click();
  await hers.getByRole('button', { name: 'Compare again' }).waitFor();

  await hers.getByRole('link', { name: 'Record' }).click();
  await hers.getByRole('searchbox', { name: 'Operator' }).fill('olga');
  await hers.getByRole('button', { name: 'Filter' }).click();
  const record = hers.getByRole('table', { name: 'What operators did' });
  await record.getByText('the limit is higher').waitFor();
  const rows = await record.locator('tbody tr').allInnerTexts();
  expect(rows.map((row) => row.includes('Olga Operator') && row.includes(people['an operator'].userId))).toEqual([
    true,
    true,
  ]);
  expect(rows.join()).toMatch(/events resend.*the queue was purged.*outbox unpark.*the limit is higher/s);
  await hers.close();
}, 60_000);

test('a malformed id is reported as such', async () => {
  await page.getByLabel('Booking or session').fill('hello');
  await page.keyboard.press('Enter');
  await page.getByText('"hello" is not an id.').waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
});

test('nothing but the sign-in is shown before signing in', async () => {
  const stranger = await open();
  expect(await stranger.getByRole('heading').allInnerTexts()).toEqual(['mentor-sessions', 'Sign in']);
  expect(await stranger.getByRole('textbox').count()).toBe(1);
  expect(await stranger.getByRole('navigation').count()).toBe(0);
  expect(await axeViolations(stranger)).toEqual([]);
  await stranger.close();
}, 30_000);

test('each view is accessible, breaks no word, and its notice covers no button', async () => {
  const screenshots = `${repository}.local/screenshots`;
  await mkdir(screenshots, { recursive: true });
  const broken = backwards();
  await publish(broken, { ...aMessage(), type: 'review.written' });
  await groups().nth(1).waitFor({ timeout: 30_000 });
  const [letter] = await world.rows.sessions.query('select id from dead_letters where message_id = $1', [broken.id]);
  await groups().getByRole('button', { name: 'Replay sessions schema-violation' }).click();
  await because('to see the notice');
  await page.getByText('1 failed again.').waitFor();
  expect(await page.evaluate(coveredButtons)).toEqual([]);
  const group = (await groups().getByRole('link', { name: 'Show' }).first().getAttribute('href')) ?? '';
  const [booking] = await world.rows.bookings.query("select id from bookings where status = 'accepted' limit 1");
  const fragments = {
    overview: '#/',
    group,
    letter: `#/dead-letter/${letter?.['id']}`,
    timeline: `#/timeline/${booking?.['id']}`,
    outbox: '#/outbox',
    reconcile: '#/reconcile',
    resend: '#/resend',
    record: '#/record',
  };
  for (const [name, fragment] of Object.entries(fragments)) {
    await view(fragment);
    await page.locator('#view[aria-busy="false"] h2').first().waitFor();
    for (const width of [1_280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      expect({ name, brokenWords: await page.evaluate(brokenWords) }).toEqual({ name, brokenWords: [] });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      await page.screenshot({ path: `${screenshots}/console-${name}-${width}.png`, fullPage: true });
    }
    await page.setViewportSize({ width: 1_280, height: 900 });
    expect({ name, violations: await axeViolations(page) }).toEqual({ name, violations: [] });
  }
  await view('#/');
  await discardAll();
}, 180_000);

/** Runs in the page: buttons that the notice covers. */
const coveredButtons = `(() => {
  const notice = document.querySelector('#notice').getBoundingClientRect();
  return [...document.querySelectorAll('button')].filter((button) => {
    const { left, right, top, bottom } = button.getBoundingClientRect();
    return left < notice.right && right > notice.left && top < notice.bottom && bottom > notice.top;
  }).map((button) => button.textContent);
})()`;

/** Runs in the page: words (between spaces and hyphens) that take more than one line. */
const brokenWords = `(() => {
  const broken = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (text.parentElement.closest('pre')) continue;
    for (const { 0: word, index } of text.data.matchAll(/[^\\s-]+/g)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) broken.push(word);
    }
  }
  return broken;
})()`;

test('a mentor’s token is refused, and so are requests without one', async () => {
  const mentors = await open(await world.stack.token(mentor));
  await mentors.getByText('The console is for operators').waitFor();
  const paths = [
    'events',
    `dead-letters?service=sessions&queue=a&reason=b&fingerprint=${'0'.repeat(32)}`,
    `stories/${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`,
  ];
  for (const path of paths) {
    expect((await fetch(`${running.url}api/${path}`)).status).toBe(401);
    const headers = { authorization: `Bearer ${await world.stack.token(mentor)}` };
    expect((await fetch(`${running.url}api/${path}`, { headers })).status).toBe(403);
  }
  expect(complaints.splice(0)).toEqual([expect.stringContaining('403')]);
  await mentors.close();
}, 30_000);

test('it fits a phone, has no console errors, and connects to no other host', async () => {
  const narrow = await open(await world.stack.token(people['an operator']), { width: 390, height: 844 });
  await narrow.locator('[data-stage]').nth(7).waitFor();
  expect(await narrow.evaluate('document.documentElement.scrollWidth')).toBe(390);
  await narrow.close();
  expect(complaints).toEqual([]);
}, 30_000);
