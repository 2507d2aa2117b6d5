import { expect, test } from '@jest/globals';
import { BrokerRefusal, explained } from './refusals.ts';

const openRefused = new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>');
const messageOf = (url: string, error = openRefused): string => String(explained(error, new URL(url)));

test.each([
  ['amqp://bookings:secret@mq:5672/nosuch', 'virtual host "nosuch"'],
  ['amqp://bookings:secret@mq:5672/', 'virtual host ""'],
  ['amqp://bookings:secret@mq:5672', 'virtual host "/"'],
  ['amqp://bookings:secret@mq:5672/a%2Fb', 'virtual host "a/b"'],
])('a refused virtual host is named: %s', (url, named) => {
  expect(messageOf(url)).toContain(`RabbitMQ at mq:5672 refuses user "bookings" the ${named}`);
  expect(messageOf(url)).not.toContain('secret');
});

test('a refused login names the user, and keeps the words of the broker', () => {
  const refused = new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "no"');
  const said = explained(refused, new URL('amqp://bookings:secret@mq:5672'));
  expect(said).toBeInstanceOf(BrokerRefusal);
  expect(said).toMatchObject({ code: 403, message: expect.stringMatching(/user "bookings".*ACCESS-REFUSED/) });
});

test('any other error stays as it is', () => {
  const error = new Error('connect ECONNREFUSED');
  expect(explained(error, new URL('amqp://mq'))).toBe(error);
});
