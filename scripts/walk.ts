/** Makes bookings, sessions and their events in a running `npm start`. */
import { readArguments, refuse } from '@mentor-sessions/local-stack/arguments';
import { signToken } from '@mentor-sessions/local-stack/tokens';
import { findSigning } from './start/local-files.ts';
import { readStackFile } from './start/stack-file.ts';
import { apisFor, freeFrom } from './walk/apis.ts';
import { people } from './walk/people.ts';
import { states, walkOne } from './walk/walk-one.ts';

const usage = `
npm run walk -- [N] [options]    walks N bookings, default 1, through the public API of a running npm start

  --until <state>   ${states.join(', ')}; default: completed
`;

const at = process.argv.findIndex((given, n) => n > 1 && /^\d+$/.test(given));
const [count = '1'] = at > 0 ? process.argv.splice(at, 1) : [];
const values = readArguments(usage, { until: { type: 'string', default: 'completed' } });
if (!/^[1-9]\d{0,5}$/.test(count)) refuse(`N is a whole number from 1 on, not "${count}"`);
const until =
  states.find((state) => state === values.until) ?? refuse(`--until takes ${states.join(', ')}, not "${values.until}"`);

const [stack, signing] = [await readStackFile(), await findSigning()];
if (stack && signing) {
  const apisOf = (who: 'mentor' | 'mentee') => apisFor(stack, signToken(signing, { ...people[who], expiresIn: '24h' }));
  const both = { mentor: apisOf('mentor'), mentee: apisOf('mentee') };
  for (let n = 0; n < Number(count); n++) {
    const wish = { start: await freeFrom(both.mentor), source: 'npm run walk' };
    const { bookingId, sessionId } = await walkOne({ ...both, until, wish });
    console.log(`${until}  booking ${bookingId}${sessionId ? `  session ${sessionId}` : ''}`);
  }
} else {
  console.error('npm start is not running in this checkout.');
  process.exitCode = 1;
}
