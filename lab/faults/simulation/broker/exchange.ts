import type { Binding, Exchange, Queue } from './types.ts';

const matches = ([word, ...pattern]: readonly string[], key: readonly string[]): boolean => {
  if (word === undefined) return key.length === 0;
  if (word === '#') return key.some((_, skipped) => matches(pattern, key.slice(skipped))) || matches(pattern, []);
  return key.length > 0 && (word === '*' || word === key[0]) && matches(pattern, key.slice(1));
};

/** The queues to which a routing key is bound, each once. */
export const routes = ({ type, bindings }: Exchange, routingKey: string): Queue[] => {
  const takes = ({ pattern, queue }: Binding): boolean =>
    !queue.deleted &&
    (pattern === routingKey || (type === 'topic' && matches(pattern.split('.'), routingKey.split('.'))));
  return [...new Set(bindings.filter(takes).map(({ queue }) => queue))];
};
