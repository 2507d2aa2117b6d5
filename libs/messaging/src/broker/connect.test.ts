import { expect, test } from '@jest/globals';
import { BrokerRefusal, explainRefusal, nodesInTurn } from './connect.ts';

const nodes = ['amqp://one', 'amqp://two', 'amqp://three'];

test('visits every node before repeating one', () => {
  const next = nodesInTurn(nodes);
  const round = () => nodes.map(() => next());
  const first = round();
  expect(first.toSorted()).toEqual(nodes.toSorted());
  expect(round()).toEqual(first);
});

test('different clients start with different nodes', () => {
  const firsts = Array.from({ length: 200 }, () => nodesInTurn(nodes)());
  expect(new Set(firsts).size).toBe(nodes.length);
});

const openRefused = new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>');
const messageOf = (url: string, error = openRefused): string => String(explainRefusal(error, new URL(url)));

test.each([
  ['amqp://bookings:secret@mq:5672/nosuch', 'virtual host "nosuch"'],
  ['amqp://bookings:secret@mq:5672/', 'virtual host ""'],
  ['amqp://bookings:secret@mq:5672', 'virtual host "/"'],
  ['amqp://bookings:secret@mq:5672/a%2Fb', 'virtual host "a/b"'],
])('names the refused virtual host: %s', (url, named) => {
  expect(messageOf(url)).toContain(`RabbitMQ at mq:5672 refuses user "bookings" the ${named}`);
  expect(messageOf(url)).not.toContain('secret');
});

test('names the user of a refused login and keeps the broker’s message', () => {
  const refused = new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "no"');
  const said = explainRefusal(refused, new URL('amqp://bookings:secret@mq:5672'));
  expect(said).toBeInstanceOf(BrokerRefusal);
  expect(said).toMatchObject({ code: 403, message: expect.stringMatching(/user "bookings".*ACCESS-REFUSED/) });
});

test('returns any other error unchanged', () => {
  const error = new Error('connect ECONNREFUSED');
  expect(explainRefusal(error, new URL('amqp://mq'))).toBe(error);
});
