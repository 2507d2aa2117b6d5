/** Picks the next actor. */
export type Choose = (enabled: readonly string[]) => string;

/** One choice at a node, and the nodes it led to: several only if PostgreSQL chose too. */
type Branch = { readonly choice: string; tried: boolean; readonly nodes: Map<string, Node> };
type Node = { readonly branches: readonly Branch[]; missed: number };

// Either of two backends that wait for a row may get it. A node that did not occur again in so many runs is skipped.
const PATIENCE = 3;

/** Runs `once` for every possible sequence of choices. Returns the number of different runs. */
export const enumerate = async (once: (choose: Choose) => Promise<void>): Promise<number> => {
  const root: Branch = { choice: '', tried: false, nodes: new Map() };
  for (let runs = 0; ;) {
    const path = [root];
    await once((enabled) => {
      const branch = nextOf(nodeAfter(path.at(-1) ?? root, enabled));
      path.push(branch);
      return branch.choice;
    });
    if (!path.at(-1)?.tried) runs += 1;
    for (const branch of path) branch.tried = true;
    if (isExhausted(root)) return runs;
  }
};

const nodeAfter = ({ nodes }: Branch, enabled: readonly string[]): Node => {
  const key = String(enabled);
  const branches = enabled.map((choice) => ({ choice, tried: false, nodes: new Map<string, Node>() }));
  const node = nodes.get(key) ?? { branches, missed: 0 };
  nodes.set(key, node);
  for (const other of nodes.values()) if (other !== node && !isOpen(node)) other.missed += 1;
  return node;
};

const nextOf = ({ branches }: Node): Branch => {
  const next = branches.find((branch) => !isExhausted(branch)) ?? branches[0];
  if (!next) throw new Error('no one could go on');
  return next;
};

const isOpen = ({ branches, missed }: Node): boolean =>
  missed < PATIENCE && branches.some((branch) => !isExhausted(branch));

const isExhausted = ({ tried, nodes }: Branch): boolean => tried && !nodes.values().some(isOpen);

/** The choices of a serial execution: one actor after the other. */
export const serially =
  (order: readonly string[]): Choose =>
  (enabled) =>
    order.find((name) => enabled.includes(name)) ?? '';

export const ordersOf = (names: readonly string[]): string[][] =>
  names.length < 2
    ? [[...names]]
    : names.flatMap((first) => ordersOf(names.filter((name) => name !== first)).map((rest) => [first, ...rest]));
