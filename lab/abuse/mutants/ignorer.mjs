const isCallOf = (node, name) => node.type === 'CallExpression' && node.callee.name === name;
const isLog = (node) => (node.type === 'ExpressionStatement' && isLog(node.expression)) || isCallOfLog(node);
const isCallOfLog = (node) =>
  node.type === 'CallExpression' && node.callee.type === 'MemberExpression' && node.callee.object.name === 'log';

/** Code without decisions: the mapping of rows to columns (covered by integration tests), and logging. */
const noDecisions = {
  shouldIgnore: ({ node }) => {
    if (isCallOf(node, 'defineEntity')) return 'a mapping to columns';
    if (isLog(node)) return 'a line of the log';
    return undefined;
  },
};

export const strykerPlugins = [{ kind: 'Ignore', name: 'no-decisions', value: noDecisions }];
