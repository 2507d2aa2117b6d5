import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repository } from '@mentor-sessions/local-stack/launch';

test('an empty LOCAL_STACK_FOLDER counts as not set: the signing key stays out of the repository', async () => {
  process.env['LOCAL_STACK_FOLDER'] = '';
  const { localFiles } = await import('./local-files.ts');
  expect(localFiles.signingKey).toBe(join(repository, '.local', 'signing-key.json'));
});
