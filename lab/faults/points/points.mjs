/**
 * FAULT_POINTS is a list of `name:action@hit`, separated by commas: at the `hit`-th visit (default 1) of the point
 *   kill       the process is killed as by kill -9
 *   exit       the process exits without closing anything
 *   throw      the point throws
 *   pause=ms   this visit waits; others continue
 *   stall=ms   the event loop is blocked
 *   oom        memory is allocated until none is left
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

/** For asynchronous code. A killed process does not continue: SIGKILL may be delayed. */
export const faultPoint = async (name) => {
  const rule = due(name);
  if (!rule) return;
  if (rule.action === 'pause') await new Promise((resolve) => setTimeout(resolve, rule.ms));
  act(rule);
  if (rule.action === 'kill') await new Promise(() => undefined);
};

/** For synchronous code. What was written to sockets in this turn of the event loop is sent before the process dies. */
export const faultPointNow = (name) => {
  const rule = due(name);
  if (!rule) return;
  if (rule.action === 'kill' || rule.action === 'exit') setImmediate(() => setImmediate(() => act(rule)));
  else act(rule);
};
