import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { repository } from '@mentor-sessions/local-stack/launch';
import { planted as simulated } from '../simulation/planted.ts';
import { plantedBugs } from './planted-bugs.ts';

const all = [...plantedBugs.map(({ id, patches }) => [id, patches] as const), ...Object.entries(simulated)];

test.each(all)('%s: each text that it replaces stands in its file, once', (_name, patches) => {
  for (const { file, find } of patches) {
    const times = readFileSync(`${repository}${file}`, 'utf8').split(find).length - 1;
    expect({ file, find, times }).toEqual({ file, find, times: 1 });
  }
});
