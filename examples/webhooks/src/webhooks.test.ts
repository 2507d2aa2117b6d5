import { expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { waitAfter } from './deliver.ts';
import { isPublic, post } from './post.ts';
import { newSecret, signedHeaders } from './signature.ts';

const now = (): number => Math.floor(Date.now() / 1_000);

test('the standard’s own library verifies what is signed, and refuses another body, secret or time', () => {
  const [secret, body] = [newSecret(), '{"type":"session.completed"}'];
  const headers = signedHeaders({ id: 'a', body, secret }, now());
  expect(new Webhook(secret).verify(body, headers)).toEqual({ type: 'session.completed' });
  expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
  expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow();
  expect(() => new Webhook(secret).verify(body, signedHeaders({ id: 'a', body, secret }, now() - 600))).toThrow();
});

test.each(
  '127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 192.0.2.1 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fd00::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1:: 2001:db8::1 ff02::1'.split(
    ' ',
  ),
)('%s is not public', (address) => {
  expect(isPublic(address)).toBe(false);
});

test.each(['8.8.8.8', '193.99.144.80', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(isPublic(address)).toBe(true);
});

test.each([
  ['http://example.org/', 'is not https:'],
  ['https://127.0.0.1/', 'not a public address'],
  ['https://2130706433/', 'not a public address'],
  ['https://0x7f.1/', 'not a public address'],
  ['https://[::1]/', 'not a public address'],
  ['https://[::ffff:7f00:1]/', 'not a public address'],
  ['https://localhost/', 'not a public address'],
])('nothing is sent to %s', async (url, why) => {
  await expect(post(url, { headers: {}, body: '', trusted: [] })).rejects.toThrow(why);
});

test('waits grow from seconds to a day, with jitter, are as long as the receiver asks for, and end after ten attempts', () => {
  const waits = Array.from({ length: 10 }, (_, index) => waitAfter(index + 1));
  expect(waits[0]).toBeGreaterThanOrEqual(5);
  expect(waits[0]).toBeLessThanOrEqual(6);
  expect(waits.slice(0, 9).map(Number)).toEqual(
    waits
      .slice(0, 9)
      .map(Number)
      .toSorted((a, b) => a - b),
  );
  expect(waits[9]).toBeNull();
  expect(waitAfter(1, '120')).toBe(120);
  expect(waitAfter(1, 'Thu, 26 Nov 2026 12:00:00 GMT')).toBeLessThanOrEqual(6);
});
