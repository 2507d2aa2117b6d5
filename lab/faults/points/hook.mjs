/**
 * The test build: `node --import lab/faults/points/hook.mjs services/…/main.ts`. Production code holds its fault points as
 * comments (`// fault point: relay.confirmed`), which cost nothing and cannot be switched on; this hook turns them into
 * calls while a module is loaded. FAULT_POINTS says what happens there (see points.mjs), PLANTED names a planted bug, TRACES
 * a file for what the process does at its edges (lab/model/traces).
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { faultPoint, faultPointNow } from './points.mjs';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const point = /^( *)\/\/ fault point( \(sync\))?: ([a-z.-]+)$/gm;

/** @type {{ file: string, find: string, replace: string }[]} */
const patches = process.env.PLANTED ? JSON.parse(readFileSync(process.env.PLANTED, 'utf8')) : [];

const plant = (source, file) =>
  patches
    .filter((patch) => patch.file === file)
    .reduce((text, { find, replace }) => {
      if (text.split(find).length !== 2) throw new Error(`planted bug does not fit ${file}: ${find}`);
      return text.replace(find, () => replace);
    }, source);

const call = (_, indent, sync, name) => `${indent}${sync ? 'faultPointNow' : 'await faultPoint'}('${name}');`;

if (process.env.TRACES) (await import('../../model/traces/record.ts')).recordTo(process.env.TRACES);

globalThis.faultPoint = faultPoint;
globalThis.faultPointNow = faultPointNow;

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const file = url.startsWith('file:') ? fileURLToPath(url).replace(repository, '') : '';
    if (!/^(libs|services|ops)\//.test(file) || !loaded.source) return loaded;
    return { ...loaded, source: plant(String(loaded.source), file).replace(point, call) };
  },
});
