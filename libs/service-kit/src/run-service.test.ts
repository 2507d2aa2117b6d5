import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { OLD_HEAP } from './run-service.ts';

// an option that V8 does not know is complained of on stderr, and that is all
test('V8 knows the rule for the old heap', () => {
  const [name] = OLD_HEAP.split('=');
  expect(execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })).toContain(`${name} `);
});
