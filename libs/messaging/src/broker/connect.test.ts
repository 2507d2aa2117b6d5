import { expect, test } from '@jest/globals';
import { nodesInTurn } from './connect.ts';

const nodes = ['amqp://one', 'amqp://two', 'amqp://three'];

test('every node has its turn before one comes again, so never the same twice running', () => {
  const next = nodesInTurn(nodes);
  const round = () => nodes.map(() => next());
  const first = round();
  expect(first.toSorted()).toEqual(nodes.toSorted());
  expect(round()).toEqual(first);
});

test('clients begin with different nodes', () => {
  const firsts = Array.from({ length: 200 }, () => nodesInTurn(nodes)());
  expect(new Set(firsts).size).toBe(nodes.length);
});
