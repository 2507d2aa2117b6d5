/** `npm run -s token -- --user <uuid> --roles mentor,mentee --mentor-profile <uuid> [--expires-in 1h]`: only the token. */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { signToken } from '@mentor-sessions/local-stack/tokens';
import { findSigning } from './start/local-files.ts';

const { values } = parseArgs({
  options: {
    user: { type: 'string', default: randomUUID() },
    roles: { type: 'string', default: '' },
    'mentor-profile': { type: 'string' },
    'expires-in': { type: 'string', default: '1h' },
  },
});
const signing = await findSigning();
if (signing) {
  const token = await signToken(signing, {
    userId: values.user,
    roles: values.roles.split(',').filter(Boolean),
    mentorProfileId: values['mentor-profile'] ?? null,
    expiresIn: values['expires-in'],
  });
  console.log(token);
} else {
  console.error('There is no signing key yet. Run npm start first.');
  process.exitCode = 1;
}
