/** A development token, and nothing else on stdout. */
import { randomUUID } from 'node:crypto';
import { readArguments, refuse } from '@mentor-sessions/local-stack/arguments';
import { signToken } from '@mentor-sessions/local-stack/tokens';
import { findSigning } from './start/local-files.ts';

const usage = `
npm run -s token -- [options]    prints a token for the services of npm start

  --user <uuid>             its sub; default: a random one
  --roles <names>           mentor, mentee and operator, separated by commas; default: none
  --mentor-profile <uuid>   its mentor_profile_id; default: none
  --expires-in <duration>   a whole number and s, m, h or d; default: 1h
`;
const values = readArguments(usage, {
  user: { type: 'string', default: randomUUID() },
  roles: { type: 'string', default: '' },
  'mentor-profile': { type: 'string' },
  'expires-in': { type: 'string', default: '1h' },
});
for (const name of ['user', 'mentor-profile'] as const)
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(values[name] ?? randomUUID()))
    refuse(`--${name} takes a UUID, not "${values[name]}"`);
if (!/^-?\d+[smhd]?$/.test(values['expires-in']))
  refuse(`--expires-in takes a whole number and s, m, h or d, not "${values['expires-in']}"`);
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
