/** `node lab/bench/profile.ts <file.cpuprofile>`: share of the busy time by package and by function. */
import { readFile } from 'node:fs/promises';

type CallFrame = { readonly functionName: string; readonly url: string; readonly lineNumber: number };
type Profile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

const MOST = 45;

const packageOf = ({ url, functionName }: CallFrame): string => {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  const [, installed] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  return installed ?? /((?:libs|services|bench)\/[^/]+)/.exec(url)?.[1] ?? url.split('/', 1)[0] ?? url;
};

const nameOf = (frame: CallFrame): string =>
  `${frame.functionName || '(anonymous)'}  ${frame.url.split('/').slice(-3).join('/')}:${frame.lineNumber + 1}`;

const file = process.argv[2];
if (file === undefined) throw new Error('which .cpuprofile?');
const { nodes, samples, timeDeltas } = JSON.parse(await readFile(file, 'utf8')) as Profile;
const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
const busy = samples.flatMap((id, n) => {
  const frame = frames.get(id) as CallFrame;
  return frame.functionName === '(idle)' ? [] : [{ frame, us: timeDeltas[n] ?? 0 }];
});
const total = busy.reduce((sum, { us }) => sum + us, 0);

const table = (title: string, nameIt: (frame: CallFrame) => string): void => {
  const sums = new Map<string, number>();
  for (const { frame, us } of busy) sums.set(nameIt(frame), (sums.get(nameIt(frame)) ?? 0) + us);
  console.log(`\n${title} (of ${Math.round(total / 1_000)} ms)`);
  const top = [...sums].toSorted(([, a], [, b]) => b - a).slice(0, MOST);
  for (const [name, us] of top) console.log(`${((100 * us) / total).toFixed(1).padStart(6)} %  ${name}`);
};

table('by package', packageOf);
table('by function, without what it calls', nameOf);
