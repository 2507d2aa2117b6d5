import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { startTestApi } from '@mentor-sessions/lab/test-api';

test.each(['bookings', 'sessions'] as const)(
  '%s serves the messages page and the AsyncAPI document',
  async (service) => {
    const api = await startTestApi({ service });
    try {
      const page = await fetch(`${api.url}/messages`);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await page.text()).toBe(readFileSync(new URL('../messages.html', import.meta.url), 'utf8'));
      const document = (await (await fetch(`${api.url}/asyncapi.json`)).json()) as { asyncapi: string };
      expect(document.asyncapi).toBe('3.0.0');
    } finally {
      await api.stop();
    }
  },
);
