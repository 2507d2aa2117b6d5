import axe from 'axe-core';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { launchChromium, type Browser, type Page } from '@mentor-sessions/lab/chromium';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createWorld, type World } from '../e2e/world.ts';

let world: World;
let browser: Browser;
const urls: Record<'bookings' | 'sessions', string> = { bookings: '', sessions: '' };
/** Errors of a page, and its requests to other hosts. */
const complaints: string[] = [];

beforeAll(async () => {
  world = await createWorld();
  const [bookings, sessions] = await world.startReady('bookings', 'sessions');
  [urls.bookings, urls.sessions] = [bookings!.url, sessions!.url];
  browser = await launchChromium();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await world.close();
}, 60_000);

type Look = Parameters<Browser['newPage']>[0];

const open = async (url: string, look: Look = {}): Promise<Page> => {
  const page = await browser.newPage({ bypassCSP: true, ...look });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('data:'))
      complaints.push(request.url());
  });
  await page.goto(url);
  return page;
};

const authorize = async (page: Page, token: string): Promise<void> => {
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  await page.getByLabel('auth-bearer-value').fill(token);
  await page.getByRole('button', { name: 'Apply credentials' }).click();
  await page.getByRole('button', { name: 'Close' }).click();
};

/** The response when the operation is executed as shown, with this id. */
const executing = (page: Page, operation: string) => {
  const block = page.locator(`[id$="-${operation}"]`);
  const execute = block.getByRole('button', { name: 'Execute' });
  return {
    open: async () => {
      await block.locator('.opblock-summary-control').click();
      await execute.waitFor();
    },
    fields: () =>
      block
        .locator('.parameters input[type=text]')
        .evaluateAll((inputs) =>
          Object.fromEntries(
            inputs.map((input) => [
              (input as unknown as { placeholder: string }).placeholder,
              (input as unknown as { value: string }).value,
            ]),
          ),
        ),
    press: async (id?: string) => {
      if (id) await block.getByPlaceholder('id', { exact: true }).fill(id);
      const answer = page.waitForResponse((response) => response.request().resourceType() === 'fetch');
      await execute.click();
      const response = await answer;
      const body = (await response.json()) as { id: string; sessionId: string | null; code?: string };
      return { ...body, outcome: [response.status(), body.code].filter(Boolean).join(' ') };
    },
  };
};

const pressTwice = async (
  page: Page,
  { operation, twice }: { readonly operation: string; readonly twice: readonly [string, string] },
  id?: string,
) => {
  const pressing = executing(page, operation);
  await pressing.open();
  const fields = await pressing.fields();
  expect([fields['Idempotency-Key'] ?? '', fields['If-Match'] ?? '']).toEqual(['', '']);
  const first = await pressing.press(id);
  const second = await pressing.press(id);
  expect([operation, first.outcome, second.outcome]).toEqual([operation, ...twice]);
  return first;
};

test('on /docs, each operation can be executed twice as it is shown', async () => {
  // links of the guide
  const mentee = await world.stack.token({
    userId: '01980000-0000-7000-8000-00000000bbbb',
    roles: ['mentee'],
    mentorProfileId: null,
  });
  const mentor = await world.stack.token({
    userId: '01980000-0000-7000-8000-00000000aaaa',
    roles: ['mentor'],
    mentorProfileId: '01980000-0000-7000-8000-0000000000aa',
  });
  const docs = async (service: 'bookings' | 'sessions', token: string): Promise<Page> => {
    const page = await open(`${urls[service]}/docs`);
    await page.getByText('Idempotency-Key').first().waitFor();
    await authorize(page, token);
    return page;
  };
  const asMentee = await docs('bookings', mentee);
  const links = await asMentee
    .locator('a[href]')
    .evaluateAll((anchors) => anchors.map((one) => one.getAttribute('href')));
  expect(links.filter((link) => /^https?:/.test(link ?? ''))).toEqual(['http://localhost:3002/docs']);
  const asMentor = await docs('bookings', mentor);
  const create = executing(asMentee, 'createBooking');
  const { id: cancelled } = await pressTwice(asMentee, { operation: 'createBooking', twice: ['201', '201'] });
  const [accepted, declined] = [await create.press(), await create.press()];
  await pressTwice(asMentee, { operation: 'listBookings', twice: ['200', '200'] });
  await pressTwice(asMentee, { operation: 'getBooking', twice: ['200', '200'] }, cancelled);
  const once = ['200', '409 invalid-transition'] as const;
  await pressTwice(asMentee, { operation: 'cancelBooking', twice: once }, cancelled);
  await pressTwice(asMentor, { operation: 'declineBooking', twice: once }, declined.id);
  const { sessionId } = await pressTwice(asMentor, { operation: 'acceptBooking', twice: once }, accepted.id);

  const session = await docs('sessions', mentor);
  const headers = { authorization: `Bearer ${mentor}` };
  await eventually(async () => (await fetch(`${urls.sessions}/sessions/${sessionId}`, { headers })).ok);
  await pressTwice(session, { operation: 'listSessions', twice: ['200', '200'] });
  await pressTwice(session, { operation: 'getSession', twice: ['200', '200'] }, sessionId!);
  await pressTwice(session, { operation: 'startSession', twice: once }, sessionId!);
  await pressTwice(session, { operation: 'completeSession', twice: once }, sessionId!);
  expect(complaints.splice(0)).toEqual([]);
}, 300_000);

const looks = [
  { colorScheme: 'light', viewport: { width: 1_280, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 1_280, height: 900 } },
  { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const;

test.each(['/messages', '/guide', '/problems', '/problems/not-found'])(
  '%s has no fault that axe finds, light and dark, wide and narrow',
  async (path) => {
    for (const look of looks) {
      const page = await open(urls.bookings + path, look);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
        'axe.run()',
      );
      expect(violations.map(({ id, nodes }) => [id, nodes[0]!.html])).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(look.viewport.width);
      await page.close();
    }
    expect(complaints).toEqual([]);
  },
  120_000,
);
