import { readFileSync } from 'node:fs';
import { afterEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { urlWithPassword } from '../secrets.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

test('an administrator may have any password', () => {
  const isRead = (password: string): void => {
    const env = { URL: 'postgresql://administrator@postgres:5432/postgres', PASSWORD: password };
    jest.replaceProperty(process, 'env', env);
    const url = new URL(urlWithPassword('URL', 'PASSWORD'));
    expect([url.host, url.username, decodeURIComponent(url.password)]).toEqual([
      'postgres:5432',
      'administrator',
      password,
    ]);
  };
  for (const password of ['development', 'a/b+c=', '100%', '%41', ':@?#[]', 'ä b']) isRead(password);
  fc.assert(fc.property(fc.string({ minLength: 1 }), isRead));
});

test('docker-compose.yml puts no password into a URL, where some characters have another meaning', () => {
  const text = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');
  expect(text).toContain('${POSTGRES_PASSWORD:-development}');
  expect(text).not.toMatch(/:\/\/\S*\$\{\w*PASSWORD/);
});
