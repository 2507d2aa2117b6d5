/**
 * FAULT_POINTS is a list of `name:action@hit`, separated by commas: at the `hit`-th visit (default 1) of the point
 *   kill       the process dies as of kill -9
 *   exit       it ends by itself, without closing anything
 *   throw      the point throws
 *   pause=ms   this visit waits; others go on
 *   stall=ms   the whole event loop stands still
 *   oom        memory is taken until there is none
 * `name:action@3+` means at the third visit and each later one.
 */
import { writeSync } from 'node:fs';

const parse = (text) => {
  const match = /^([a-z.-]+):(kill|exit|throw|pause|stall|oom)(?:=(\d+))?(?:@(\d+)(\+)?)?$/.exec(text);
  if (!match) throw new Error(`FAULT_POINTS: "${text}" is no name:action[=ms][@hit[+]]`);
  const [, name, action, ms, hit, andLater] = match;
  return { name, action, ms: Number(ms ?? 0), hit: Number(hit ?? 1), andLater: andLater === '+' };
};

const rules = (process.env.FAULT_POINTS ?? '').split(',').filter(Boolean).map(parse);
const visits = new Map();

const due = (name) => {
  if (!rules.some((rule) => rule.name === name)) return undefined;
  const visit = (visits.get(name) ?? 0) + 1;
  visits.set(name, visit);
  const rule = rules.find((each) => each.name === name && (each.andLater ? visit >= each.hit : visit === each.hit));
  if (rule)
    writeSync(2, `{"level":"info","msg":"fault point","point":"${name}","action":"${rule.action}","visit":${visit}}\n`);
  return rule;
};

const stall = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

const takeAllMemory = () => {
  const taken = [];
  for (;;) taken.push(new Array(100_000).fill(taken.length));
};

const act = ({ name, action, ms }) => {
  if (action === 'kill') process.kill(process.pid, 'SIGKILL');
  if (action === 'exit') process.exit(1);
  if (action === 'throw') throw new Error(`fault point ${name}`);
  if (action === 'stall') stall(ms);
  if (action === 'oom') takeAllMemory();
};

/** Where production code may wait. A killed process does not go on: SIGKILL is not always at once. */
export const faultPoint = async (name) => {
  const rule = due(name);
  if (!rule) return;
  if (rule.action === 'pause') await new Promise((resolve) => setTimeout(resolve, rule.ms));
  act(rule);
  if (rule.action === 'kill') await new Promise(() => undefined);
};

/** Where it may not wait. What it has written to a socket in this turn is sent before the process dies. */
export const faultPointNow = (name) => {
  const rule = due(name);
  if (!rule) return;
  if (rule.action === 'kill' || rule.action === 'exit') setImmediate(() => setImmediate(() => act(rule)));
  else act(rule);
};
